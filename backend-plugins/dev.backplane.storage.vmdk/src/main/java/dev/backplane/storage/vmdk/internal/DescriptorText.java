package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** The descriptor where it stands, in a sparse extent or in a file of its own, and what is changed in it. Any thread. */
final class DescriptorText {
    private final ImageBytes file;
    private final long offset;
    private final int bytes;
    private final boolean embedded;
    private Descriptor descriptor;

    private DescriptorText(ImageBytes file, long offset, long bytes, boolean embedded) throws StorageException {
        this.file = file;
        this.offset = offset;
        this.bytes = Math.clamp(bytes, 0, Descriptor.MOST_BYTES);
        this.embedded = embedded;
        descriptor = Descriptor.read(file, offset, this.bytes);
    }

    /** A file of its own. */
    static DescriptorText alone(ImageBytes file) throws StorageException {
        return new DescriptorText(file, 0, Math.max(1, file.bytes()), false);
    }

    /** In the image's only extent. */
    static DescriptorText within(ImageBytes file, SparseHeader header) throws StorageException {
        if (header.descriptorSector() == 0) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "it has no descriptor: it is an extent of an image: open that one's descriptor");
        }
        long sectors = Math.clamp(header.descriptorSectors(), 0, Descriptor.MOST_BYTES / Descriptor.SECTOR);
        return new DescriptorText(
                file, header.descriptorSector() * Descriptor.SECTOR, sectors * Descriptor.SECTOR, true);
    }

    /** What it says at the moment. */
    synchronized Descriptor descriptor() {
        return descriptor;
    }

    /** Others recognise by another content identifier that somebody has written. It has as many digits as before. */
    synchronized void renewContentId() throws StorageException {
        if (!file.isWritable()) {
            return;
        }
        int digits = descriptor.contentIdDigits();
        long most = (1L << 4 * digits) - 2;
        long random = ThreadLocalRandom.current().nextLong(most);
        long next = random == descriptor.contentId() ? most : random;
        file.write(
                offset + descriptor.contentIdAt(),
                ByteBuffer.wrap(("%0" + digits + "x").formatted(next).getBytes(StandardCharsets.US_ASCII)));
        descriptor = descriptor.withContentId(next);
    }

    /** Names another parent, or none. It is stable when this returns. */
    synchronized void parent(Optional<Descriptor.Parent> parent) throws StorageException {
        byte[] old = new byte[bytes];
        file.read(offset, MemorySegment.ofArray(old));
        byte[] text = Descriptor.withParent(old, parent);
        if (embedded && text.length > bytes) {
            throw new StorageException(
                    Kind.NO_SPACE,
                    "the descriptor has room for %d bytes, and would take %d: choose a shorter name for the backing file"
                            .formatted(bytes, text.length));
        }
        ByteBuffer whole = ByteBuffer.allocate(embedded ? bytes : text.length);
        whole.put(0, text);
        file.write(offset, whole);
        if (!embedded) {
            file.trim(text.length);
        }
        file.flush();
        descriptor = Descriptor.parse(text);
    }
}
