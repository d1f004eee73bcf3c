package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.FlatStorage;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.ImageStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What an image and its further files say.
 *
 * @param file the image's own file
 * @param descriptor the text that describes it
 * @param descriptorOffset where that is in the file
 * @param extents what the disk is made of, in order
 */
record Disk(ImageBytes file, Descriptor descriptor, long descriptorOffset, List<Part> extents) {
    /** Tables that are kept in memory, of all extents together. */
    private static final int KEPT_TABLES = 1024;

    private static final int LEAST_KEPT_TABLES = 8;

    /**
     * An extent.
     *
     * @param file where it is
     * @param header of one that is made of grains
     * @param offset where one that is not begins
     * @param bytes its length
     */
    record Part(ImageBytes file, @Nullable SparseHeader header, long offset, long bytes) {}

    static Disk open(VmdkOptions options, StorageContext context) throws ConfigurationException, StorageException {
        ImageBytes file = new ImageBytes(context.storage(options.on()));
        if (!SparseHeader.isMark(file.read(0, 4, ByteOrder.LITTLE_ENDIAN))) {
            Descriptor descriptor = Descriptor.read(file, 0, Math.clamp(file.bytes(), 1, Descriptor.MOST_BYTES));
            return new Disk(file, checked(descriptor), 0, parts(descriptor, options, context));
        }
        SparseHeader header = SparseHeader.read(file);
        if (!options.extents().isEmpty()) {
            throw new ConfigurationException("extents: the image has no further files: leave this out");
        }
        Descriptor descriptor = embedded(file, header);
        Part part = new Part(file, header, 0, header.sectors() * SparseHeader.SECTOR);
        return new Disk(file, checked(descriptor), header.descriptorSector() * SparseHeader.SECTOR, List.of(part));
    }

    static Descriptor embedded(ImageBytes file, SparseHeader header) throws StorageException {
        if (header.descriptorSector() == 0) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "it has no descriptor: it is an extent of an image: open that one's descriptor");
        }
        long sectors = Math.clamp(header.descriptorSectors(), 0, Descriptor.MOST_BYTES / Descriptor.SECTOR);
        return Descriptor.read(file, header.descriptorSector() * SparseHeader.SECTOR, sectors * Descriptor.SECTOR);
    }

    private static Descriptor checked(Descriptor descriptor) throws StorageException {
        if (descriptor.parentId() != Descriptor.NO_PARENT) {
            throw new StorageException(Kind.UNSUPPORTED, "it has a parent: delta images are not supported");
        }
        return descriptor;
    }

    private static List<Part> parts(Descriptor descriptor, VmdkOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        List<String> names = descriptor.files();
        if (names.size() != options.extents().size()) {
            // Names in an image are followed only where the admin says so.
            throw new ConfigurationException("extents: the descriptor names %d files, %d are given: %s"
                    .formatted(names.size(), options.extents().size(), String.join(", ", names)));
        }
        Map<String, ImageBytes> files = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            files.put(
                    names.get(i),
                    new ImageBytes(context.storage(options.extents().get(i))));
        }
        List<Part> parts = new ArrayList<>();
        for (Descriptor.Extent extent : descriptor.extents()) {
            ImageBytes file = files.get(extent.name());
            if (file != null) {
                parts.add(part(file, extent));
            }
        }
        return List.copyOf(parts);
    }

    private static Part part(ImageBytes file, Descriptor.Extent extent) throws StorageException {
        long bytes = extent.sectors() * Descriptor.SECTOR;
        if (extent.isFlat()) {
            long offset = extent.startSector() * Descriptor.SECTOR;
            if (offset > file.bytes() - bytes) {
                throw ImageBytes.corrupt(
                        "%s: %d bytes at 0x%x of a file of %d".formatted(extent.name(), bytes, offset, file.bytes()));
            }
            return new Part(file, null, offset, bytes);
        }
        if (!SparseHeader.isMark(file.read(0, 4, ByteOrder.LITTLE_ENDIAN))) {
            throw new StorageException(Kind.INVALID_FORMAT, extent.name() + ": not a sparse extent of a VMDK image");
        }
        SparseHeader header = SparseHeader.read(file);
        if (header.sectors() != extent.sectors()) {
            throw ImageBytes.corrupt("%s: %d sectors, the descriptor says %d"
                    .formatted(extent.name(), header.sectors(), extent.sectors()));
        }
        return new Part(file, header, 0, bytes);
    }

    JoinedStorage storage() {
        List<ImageStorage> parts = new ArrayList<>();
        for (Part part : extents) {
            SparseHeader header = part.header;
            if (header == null) {
                parts.add(new FlatStorage(part.file, part.offset, part.bytes));
                continue;
            }
            int kept = Math.max(LEAST_KEPT_TABLES, KEPT_TABLES / extents.size());
            GrainTable table = new GrainTable(part.file, header, kept);
            parts.add(
                    header.isCompressed()
                            ? new CompressedExtent(part.file, header, table)
                            : new BlockStorage(part.file, table, header.grainBytes(), part.bytes));
        }
        return new JoinedStorage(parts, this::identify);
    }

    /** Others recognise by it that somebody has written. It has as many digits as before. */
    private void identify() throws StorageException {
        if (!file.isWritable()) {
            return;
        }
        int digits = descriptor.contentIdDigits();
        long most = (1L << 4 * digits) - 2;
        long next = ThreadLocalRandom.current().nextLong(most);
        String text = ("%0" + digits + "x").formatted(next == descriptor.contentId() ? most : next);
        file.write(
                descriptorOffset + descriptor.contentIdAt(), ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }
}
