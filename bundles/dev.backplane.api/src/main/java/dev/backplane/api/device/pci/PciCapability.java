package dev.backplane.api.device.pci;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A capability in configuration space (PCI Local Bus 3.0, 6.7). The board lays out the list and fills in the pointers; MSI-X and the
 * PCI Express capability are the board's own.
 *
 * @param id its identifier, for instance 9 for a vendor's
 * @param body its bytes behind identifier and pointer, as the guest reads them
 * @param window where the device serves accesses to the body, for a body that is more than constants; offsets start at the body
 */
public record PciCapability(int id, byte[] body, Optional<String> window) {
    private static final int MOST = 0x80;

    /** Copies the bytes and checks the bounds. */
    public PciCapability {
        if (id < 1 || id > 0xff || body.length > MOST) {
            throw new IllegalArgumentException(
                    "capability 0x%x with %d bytes: expected an identifier from 1 to 0xff and up to %d bytes"
                            .formatted(id, body.length, MOST));
        }
        body = body.clone();
    }

    /**
     * A capability of constants.
     *
     * @param id its identifier
     * @param body its bytes behind identifier and pointer
     */
    public PciCapability(int id, byte[] body) {
        this(id, body, Optional.empty());
    }

    @Override
    public byte[] body() {
        return body.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PciCapability that
                && id == that.id
                && window.equals(that.window)
                && Arrays.equals(body, that.body);
    }

    @Override
    public int hashCode() {
        return 31 * id + Arrays.hashCode(body);
    }

    @Override
    public String toString() {
        return "PciCapability[id=0x%x, body=%s%s]"
                .formatted(
                        id,
                        HexFormat.of().formatHex(body),
                        window.map(name -> ", window=" + name).orElse(""));
    }
}
