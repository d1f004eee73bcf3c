package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.FlatStorage;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.ImageLayer;
import dev.backplane.image.ImageStorage;
import java.util.Map;
import java.util.OptionalLong;

/** An open image of either kind. */
final class VhdLayer extends ImageLayer<VhdState> implements ResizableStorage, DescribedStorage {
    /** Changes the length of an image, which gets longer. */
    @FunctionalInterface
    private interface Resize {
        void to(long capacityBytes) throws StorageException;
    }

    private final OptionalLong unitBytes;
    private final Resize resize;

    private VhdLayer(ImageStorage disk, OptionalLong unitBytes, Resize resize) {
        super(disk, new VhdState());
        this.unitBytes = unitBytes;
        this.resize = resize;
    }

    static VhdLayer open(ImageBytes image) throws StorageException {
        Footer footer = Footer.read(image);
        if (footer.type() == Footer.FIXED) {
            FlatStorage disk = new FlatStorage(image, 0, footer.capacityBytes());
            return new VhdLayer(disk, OptionalLong.empty(), next -> grow(image, footer, disk, next));
        }
        DynamicHeader header = DynamicHeader.read(image, footer);
        VhdTable table = new VhdTable(image, footer, header);
        BlockStorage disk = new BlockStorage(image, table, header.blockBytes(), footer.capacityBytes());
        return new VhdLayer(
                disk,
                OptionalLong.of(header.blockBytes()),
                next -> disk.exclusively(() -> {
                    table.resize(next);
                    disk.capacityBytes(next);
                }));
    }

    /** The new footer comes first; where the old one was, the disk has zeros. */
    private static void grow(ImageBytes image, Footer footer, FlatStorage disk, long next) throws StorageException {
        image.checkWritable();
        long before = disk.capacityBytes();
        image.write(next, footer.withCapacity(next).bytes());
        image.flush();
        image.zero(before, Math.min(Footer.BYTES, next - before), false);
        image.flush();
        disk.capacityBytes(next);
    }

    @Override
    public void resize(long next) throws StorageException {
        if (next < capacityBytes() || next % Footer.SECTOR != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "%d bytes: expected a multiple of 512, and not less than before".formatted(next));
        }
        if (next > capacityBytes()) {
            resize.to(next);
        }
    }

    @Override
    public ImageDescription describe() {
        return new ImageDescription(OptionalLong.empty(), unitBytes, false, false, false, Map.of());
    }
}
