package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Writes an image of a disk that reads as zeros: a descriptor, in a sparse extent or beside its extents. */
final class NewImage {
    private static final int SECTOR = SparseHeader.SECTOR;
    private static final int GRAIN_SECTORS = 128;
    private static final int TABLE_ENTRIES = 512;
    private static final int TABLE_SECTORS = 4;
    private static final int DESCRIPTOR_SECTORS = 20;
    /** What others split disks into: a little less than 2 GiB. */
    private static final long SPLIT_SECTORS = 4_192_256;
    /** What a grain's sector in a table can reach. */
    private static final long MOST_SPARSE_SECTORS = 0xffff_0000L;

    private static final Set<String> ADAPTERS = Set.of("ide", "lsilogic", "buslogic", "legacyESX");

    private final VmdkCreation options;
    private final ImageTarget target;
    private final StringBuilder extents = new StringBuilder();
    private String parentId = Descriptor.idText(Descriptor.NO_PARENT);
    private String parentLine = "";

    private NewImage(VmdkCreation options, ImageTarget target) {
        this.options = options;
        this.target = target;
    }

    static void write(VmdkCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (!ADAPTERS.contains(options.adapterType())) {
            throw new ConfigurationException("adapterType: \"%s\": expected ide, lsilogic, buslogic or legacyESX"
                    .formatted(options.adapterType()));
        }
        new NewImage(options, target).write();
    }

    /** What a delta image has to say of its parent, in lines. */
    private String parent() throws ConfigurationException, StorageException {
        if (target.backing().isEmpty()) {
            return "";
        }
        BackingImage backing = target.backing().get();
        if (!options.subformat().equals("monolithicSparse")
                && !options.subformat().equals("twoGbMaxExtentSparse")) {
            throw new ConfigurationException(
                    "subformat: %s has no backing file: take monolithicSparse or twoGbMaxExtentSparse"
                            .formatted(options.subformat()));
        }
        if (!backing.format().equals("vmdk")) {
            throw new ConfigurationException(
                    "backing: \"%s\" is of format %s: a VMDK image stands on another one alone: convert it"
                            .formatted(backing.name(), backing.format()));
        }
        Descriptor.checkName(backing.name());
        parentId = IdentifiedStorage.contentId(backing.disk())
                .orElseThrow(() -> new ConfigurationException("backing: \"%s\" has no CID".formatted(backing.name())));
        return "parentFileNameHint=\"%s\"\n".formatted(backing.name());
    }

    private void write() throws ConfigurationException, StorageException {
        parentLine = parent();
        long sectors = target.capacityBytes() / SECTOR;
        int plain = SparseHeader.NEW_LINES | SparseHeader.REDUNDANT;
        switch (options.subformat()) {
            case "monolithicSparse" -> single(sectors, 1, plain, 0);
            case "streamOptimized" -> single(sectors, 3, plain | SparseHeader.COMPRESSED | SparseHeader.MARKERS, 1);
            case "monolithicFlat" -> {
                flat(base() + "-flat.vmdk", sectors);
                descriptor();
            }
            case "twoGbMaxExtentSparse", "twoGbMaxExtentFlat" -> {
                boolean isFlat = options.subformat().endsWith("Flat");
                for (int i = 1; i == 1 || (i - 1) * SPLIT_SECTORS < sectors; i++) {
                    long length = Math.min(SPLIT_SECTORS, sectors - (i - 1) * SPLIT_SECTORS);
                    String name = "%s-%s%03d.vmdk".formatted(base(), isFlat ? "f" : "s", i);
                    if (isFlat) {
                        flat(name, length);
                    } else {
                        extents.append("RW %d SPARSE \"%s\"\n".formatted(length, name));
                        sparse(new ImageBytes(target.sibling(name)), length, 1, plain, 0, new byte[0]);
                    }
                }
                descriptor();
            }
            default ->
                throw new ConfigurationException(
                        ("subformat: \"%s\": expected monolithicSparse, monolithicFlat, twoGbMaxExtentSparse, "
                                        + "twoGbMaxExtentFlat or streamOptimized")
                                .formatted(options.subformat()));
        }
    }

    private String base() {
        String name = target.name();
        return name.endsWith(".vmdk") ? name.substring(0, name.length() - ".vmdk".length()) : name;
    }

    private void single(long sectors, int version, int flags, int compression)
            throws ConfigurationException, StorageException {
        if (sectors > MOST_SPARSE_SECTORS) {
            throw new ConfigurationException("size: %d bytes: one sparse file has at most %d: take twoGbMaxExtentSparse"
                    .formatted(sectors * SECTOR, MOST_SPARSE_SECTORS * SECTOR));
        }
        extents.append("RW %d SPARSE \"%s\"\n".formatted(sectors, target.name()));
        sparse(new ImageBytes(target.image()), sectors, version, flags, compression, text());
    }

    private void flat(String name, long sectors) throws ConfigurationException, StorageException {
        extents.append("RW %d FLAT \"%s\" 0\n".formatted(sectors, name));
        ImageBytes file = new ImageBytes(target.sibling(name));
        file.grow(sectors * SECTOR);
        file.flush();
    }

    /** Last, when all that it names is there. */
    private void descriptor() throws StorageException {
        ImageBytes file = new ImageBytes(target.image());
        file.write(0, ByteBuffer.wrap(text()));
        file.flush();
    }

    private byte[] text() {
        long sectors = target.capacityBytes() / SECTOR;
        int heads = options.adapterType().equals("ide") ? 16 : 255;
        // 1 to all but the values that stand for no parent.
        int id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
        return """
                # Disk DescriptorFile
                version=1
                CID=%08x
                parentCID=%s
                createType="%s"
                %s
                # Extent description
                %s
                # The Disk Data Base
                #DDB

                ddb.virtualHWVersion = "4"
                ddb.geometry.cylinders = "%d"
                ddb.geometry.heads = "%d"
                ddb.geometry.sectors = "63"
                ddb.adapterType = "%s"
                """.formatted(
                        id,
                        parentId,
                        options.subformat(),
                        parentLine,
                        extents,
                        sectors / 63 / heads,
                        heads,
                        options.adapterType())
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Header, descriptor, two directories with all of their tables, and then grains. */
    private static void sparse(
            ImageBytes file, long sectors, int version, int flags, int compression, byte[] descriptor)
            throws ConfigurationException, StorageException {
        if (descriptor.length > DESCRIPTOR_SECTORS * SECTOR) {
            throw new ConfigurationException("the image's name, or its backing file's, is too long for its descriptor");
        }
        long tables = (sectors + GRAIN_SECTORS * TABLE_ENTRIES - 1) / (GRAIN_SECTORS * TABLE_ENTRIES);
        long directory = (4 * tables + SECTOR - 1) / SECTOR;
        long first = 1 + (descriptor.length > 0 ? DESCRIPTOR_SECTORS : 0);
        long second = first + directory + tables * TABLE_SECTORS;
        long overhead = GrainTable.roundUp(second + directory + tables * TABLE_SECTORS, GRAIN_SECTORS);
        SparseHeader header = new SparseHeader(
                version,
                flags,
                sectors,
                GRAIN_SECTORS,
                descriptor.length > 0 ? 1 : 0,
                descriptor.length > 0 ? DESCRIPTOR_SECTORS : 0,
                TABLE_ENTRIES,
                first,
                second,
                overhead,
                compression,
                false);
        file.zero(0, overhead * SECTOR, true);
        file.grow(overhead * SECTOR);
        for (long at : new long[] {first, second}) {
            TableArray entries = GrainTable.directory(file, header, at);
            for (long table = 0; table < tables; table++) {
                entries.set(table, at + directory + table * TABLE_SECTORS);
            }
            entries.pages().write();
        }
        if (descriptor.length > 0) {
            file.write(SECTOR, ByteBuffer.wrap(descriptor));
        }
        file.flush();
        file.write(0, header.toBytes());
        file.flush();
    }
}
