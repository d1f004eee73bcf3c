package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.ImageLayer;
import java.util.Map;
import java.util.OptionalLong;

/** An open image. */
final class VhdxLayer extends ImageLayer<VhdxState> implements ResizableStorage, DescribedStorage {
    private final BlockStorage disk;
    private final VhdxTable table;
    private final Metadata metadata;
    private final ReplayedFile file;

    private VhdxLayer(BlockStorage disk, VhdxTable table, Metadata metadata, ReplayedFile file) {
        super(disk, new VhdxState());
        this.disk = disk;
        this.table = table;
        this.metadata = metadata;
        this.file = file;
    }

    static VhdxLayer open(ResizableStorage below) throws StorageException {
        ReplayedFile file = new ReplayedFile(below);
        ImageBytes image = new ImageBytes(file);
        Layout layout = Layout.read(image, file);
        Metadata metadata = layout.metadata();
        VhdxTable table = new VhdxTable(image, file, layout);
        return new VhdxLayer(
                new BlockStorage(image, table, metadata.blockBytes(), metadata.capacityBytes()), table, metadata, file);
    }

    @Override
    public void resize(long next) throws StorageException {
        if (next < capacityBytes() || next % metadata.sectorBytes() != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "%d bytes: expected a multiple of %d, and not less than before"
                            .formatted(next, metadata.sectorBytes()));
        }
        disk.exclusively(() -> {
            table.resize(next);
            disk.capacityBytes(next);
        });
    }

    @Override
    public ImageDescription describe() {
        return new ImageDescription(
                OptionalLong.empty(),
                OptionalLong.of(metadata.blockBytes()),
                false,
                false,
                file.isReplayed(),
                Map.of());
    }
}
