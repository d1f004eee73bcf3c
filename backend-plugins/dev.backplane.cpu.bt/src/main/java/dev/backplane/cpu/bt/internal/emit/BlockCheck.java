package dev.backplane.cpu.bt.internal.emit;

/** Looks at emitted code before it may run. */
@FunctionalInterface
public interface BlockCheck {
    /** Throws {@link IllegalStateException} with the offset and bytes of what is not allowed. {@code base}: where the code will be. */
    void verify(byte[] code, int size, int base);
}
