package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Puts together what stands in the first cluster: header, extensions, the backing file's name. */
final class HeaderText {
    private HeaderText() {}

    /**
     * The first cluster.
     *
     * @param fixed the header's own bytes, in which the place of the name is filled in
     * @param clusterBytes how much room there is
     */
    static byte[] cluster(byte[] fixed, List<Extension> extensions, Optional<String> backing, int clusterBytes)
            throws StorageException {
        byte[] name = backing.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(new byte[0]);
        int room = fixed.length
                + 8
                + extensions.stream().mapToInt(Extension::roomBytes).sum();
        if (name.length > Header.LONGEST_NAME || room + name.length > clusterBytes) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the backing file's name is too long: %d bytes, at most %d"
                            .formatted(name.length, Math.min(Header.LONGEST_NAME, clusterBytes - room)));
        }
        ByteBuffer out = ByteBuffer.allocate(clusterBytes);
        out.put(fixed);
        for (Extension each : extensions) {
            int end = out.position() + each.roomBytes();
            out.putInt(each.type())
                    .putInt(each.bytes().length)
                    .put(each.bytes())
                    .position(end);
        }
        out.putLong(0);
        out.putLong(Header.BACKING_OFFSET_AT, name.length == 0 ? 0 : out.position());
        out.putInt(Header.BACKING_OFFSET_AT + 8, name.length);
        out.put(name);
        return out.array();
    }
}
