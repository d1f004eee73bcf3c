package dev.backplane.api.device;

/**
 * A range of registers at a fixed place.
 *
 * @param name what the device calls it
 * @param space where it lies
 * @param base its first address
 * @param length its length in bytes
 */
public record Window(String name, Space space, long base, long length) {
    /** Address spaces. */
    public enum Space {
        /** I/O ports, 64 KiB of them. */
        PORT,
        /** Guest-physical memory. */
        MEMORY
    }

    /** Checks the bounds. */
    public Window {
        long limit = space == Space.PORT ? 0x10000 : 1L << 52;
        if (length <= 0 || base < 0 || base > limit - length) {
            throw new IllegalArgumentException("window %s: base 0x%x, length 0x%x do not fit %s space"
                    .formatted(name, base, length, space == Space.PORT ? "port" : "memory"));
        }
    }
}
