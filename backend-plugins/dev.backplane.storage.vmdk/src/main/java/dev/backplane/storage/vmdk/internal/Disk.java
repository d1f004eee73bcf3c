package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.Backing;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.FlatStorage;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.ImageStorage;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an image and its further files say.
 *
 * @param text what describes it
 * @param extents what the disk is made of, in order
 * @param parent what shows through
 */
record Disk(DescriptorText text, List<Part> extents, Backing parent) {
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
            DescriptorText text = DescriptorText.alone(file);
            return new Disk(text, parts(text.descriptor(), options, context), parent(text, options, context));
        }
        SparseHeader header = SparseHeader.read(file);
        if (!options.extents().isEmpty()) {
            throw new ConfigurationException("extents: the image has no further files: leave this out");
        }
        DescriptorText text = DescriptorText.within(file, header);
        Part part = new Part(file, header, 0, header.sectors() * SparseHeader.SECTOR);
        if (header.isCompressed() && text.descriptor().hasParent()) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "streamOptimized with a parent: delta images of other types are supported");
        }
        return new Disk(text, List.of(part), parent(text, options, context));
    }

    /** The disk that shows through, which has to hold what it held when the image was made over it. */
    private static Backing parent(DescriptorText text, VmdkOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        Descriptor descriptor = text.descriptor();
        if (descriptor.hasParent() != options.backing().isPresent()) {
            // A guest may have written that name: it is followed only where the admin says so.
            throw new ConfigurationException(
                    descriptor.hasParent()
                            ? "backing: the image has the parent \"%s\": say what it is, for instance backing: {format: vmdk, file: %s}"
                                    .formatted(descriptor.parentName(), descriptor.parentName())
                            : "backing: the image has no parent: leave this out");
        }
        if (options.backing().isEmpty()) {
            return Backing.NONE;
        }
        Storage parent = context.storage(options.backing().get());
        checkContentId(descriptor, parent);
        return Backing.of(parent);
    }

    private static void checkContentId(Descriptor descriptor, Storage parent) throws StorageException {
        Optional<String> found;
        try {
            found = IdentifiedStorage.contentId(parent);
        } catch (StorageException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                // The image stands for itself: nothing of its parent will be read.
                return;
            }
            throw e;
        }
        String expected = Descriptor.idText(descriptor.parentId());
        if (!expected.equals(found.orElse(""))) {
            throw new StorageException(
                    Kind.CORRUPT,
                    "its parent \"%s\" %s, the image was made over CID %s: it has been written since, or is another one: bring back the one that it was"
                            .formatted(
                                    descriptor.parentName(),
                                    found.map(id -> "has CID " + id).orElse("has no CID and is no VMDK image"),
                                    expected));
        }
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

    /**
     * The open disk.
     *
     * @param storage all of it
     * @param grains its extents that are made of grains which can be written
     */
    record Assembled(JoinedStorage storage, List<Grains> grains) {}

    Assembled assemble() {
        List<ImageStorage> parts = new ArrayList<>();
        List<Grains> grains = new ArrayList<>();
        long end = 0;
        for (Part part : extents) {
            SparseHeader header = part.header;
            long begin = end;
            end += part.bytes;
            if (header == null) {
                parts.add(new FlatStorage(part.file, part.offset, part.bytes));
                continue;
            }
            int kept = Math.max(LEAST_KEPT_TABLES, KEPT_TABLES / extents.size());
            GrainTable table = new GrainTable(part.file, header, kept);
            if (header.isCompressed()) {
                parts.add(new CompressedExtent(part.file, header, table));
            } else {
                BlockStorage blocks =
                        new BlockStorage(part.file, table, header.grainBytes(), part.bytes, parent.from(begin));
                parts.add(blocks);
                grains.add(new Grains(blocks, table));
            }
        }
        return new Assembled(new JoinedStorage(parts, text::renewContentId), List.copyOf(grains));
    }
}
