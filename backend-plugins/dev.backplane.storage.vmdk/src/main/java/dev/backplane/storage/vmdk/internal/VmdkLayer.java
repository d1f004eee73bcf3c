package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.EmptiableStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.image.ImageLayer;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** An open image. */
class VmdkLayer extends ImageLayer<VmdkState>
        implements DescribedStorage, IdentifiedStorage, RebasableStorage, EmptiableStorage {
    private final Disk disk;

    private final Disk.Assembled assembled;

    private VmdkLayer(Disk disk, Disk.Assembled assembled) {
        super(assembled.storage(), new VmdkState());
        this.disk = disk;
        this.assembled = assembled;
    }

    static VmdkLayer of(Disk disk) {
        SparseHeader header =
                disk.extents().size() == 1 ? disk.extents().getFirst().header() : null;
        return header != null && header.isCompressed()
                ? new Compressing(disk, header.grainBytes())
                : new VmdkLayer(disk, disk.assemble());
    }

    @Override
    public ImageDescription describe() {
        Map<String, Object> details = new LinkedHashMap<>();
        Descriptor descriptor = disk.text().descriptor();
        details.put("cid", descriptor.contentId());
        details.put("parent-cid", descriptor.parentId());
        details.put("create-type", descriptor.createType());
        OptionalLong unit = OptionalLong.empty();
        boolean compressed = false;
        for (Disk.Part part : disk.extents()) {
            SparseHeader header = part.header();
            if (header != null) {
                unit = OptionalLong.of(header.grainBytes());
                compressed |= header.isCompressed();
            }
        }
        return new ImageDescription(OptionalLong.empty(), unit, false, compressed, false, details);
    }

    @Override
    public Optional<String> contentId() {
        return Optional.of(Descriptor.idText(disk.text().descriptor().contentId()));
    }

    /** Only grains can be missing, so that a parent shows through. */
    private void checkCanHaveParent(String what) throws StorageException {
        if (!isWritable()) {
            throw new StorageException(Kind.READ_ONLY, "the image is opened for reading only");
        }
        if (assembled.grains().size() < disk.extents().size()) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "%s cannot be %s: only sparse extents that are not compressed stand on a parent"
                            .formatted(disk.text().descriptor().createType(), what));
        }
    }

    /** A parent whose contents are not at hand keeps the identifier that it has. */
    @Override
    public void rebase(Optional<BackingImage> backing) throws StorageException {
        checkCanHaveParent("rebased");
        Optional<Descriptor.Parent> parent = Optional.empty();
        if (backing.isPresent()) {
            BackingImage image = backing.get();
            Optional<String> id = IdentifiedStorage.contentId(image.disk());
            Descriptor now = disk.text().descriptor();
            if (!image.format().equals("vmdk") || id.isEmpty() && !now.hasParent()) {
                throw new StorageException(
                        Kind.UNSUPPORTED,
                        "\"%s\" as the parent: expected a VMDK image, whose CID can be read".formatted(image.name()));
            }
            parent = Optional.of(new Descriptor.Parent(
                    image.name(), id.map(text -> Long.parseLong(text, 16)).orElse(now.parentId())));
        }
        flush();
        disk.text().parent(parent);
    }

    @Override
    public void empty() throws StorageException {
        checkCanHaveParent("emptied");
        for (Grains grains : assembled.grains()) {
            grains.empty();
        }
        flush();
    }

    /** One whose grains are compressed. */
    private static final class Compressing extends VmdkLayer implements CompressingStorage {
        private final int grainBytes;

        Compressing(Disk disk, int grainBytes) {
            super(disk, disk.assemble());
            this.grainBytes = grainBytes;
        }

        @Override
        public int compressedUnitBytes() {
            return grainBytes;
        }

        @Override
        public boolean compressesInAnyOrder() {
            return true;
        }

        @Override
        public void writeCompressed(long offset, MemorySegment source) throws StorageException {
            write(offset, source);
        }
    }
}
