package dev.backplane.nbd;

import dev.backplane.api.storage.Storage;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Text;

/**
 * A storage that clients may use.
 *
 * @param name what clients ask for; the empty one is the default
 * @param description for people, or empty
 * @param storage what they read and write, on threads of the server, up to 16 at once for each client
 * @param readOnly whether writes are refused although the storage could take them
 * @param absentIsZero whether nothing shows through where the storage has nothing of its own, so that clients may be told of zeros there
 */
public record NbdExport(String name, String description, Storage storage, boolean readOnly, boolean absentIsZero) {
    /**
     * Refuses strings that the protocol has no room for.
     *
     * @throws IllegalArgumentException where one is too long
     */
    public NbdExport {
        if (Text.bytes(name).length > Nbd.MAX_STRING_BYTES || Text.bytes(description).length > Nbd.MAX_STRING_BYTES) {
            throw new IllegalArgumentException(
                    "a name or description of more than %d bytes".formatted(Nbd.MAX_STRING_BYTES));
        }
    }

    /**
     * Whether writes can succeed.
     *
     * @return false where each fails
     */
    public boolean isWritable() {
        return !readOnly && storage.isWritable();
    }
}
