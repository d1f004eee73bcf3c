package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.ImageLayer;
import java.util.Map;
import java.util.OptionalLong;

/** An open image. */
final class VdiLayer extends ImageLayer<VdiState> implements ResizableStorage, DescribedStorage {
    private final BlockStorage disk;
    private final VdiTable table;
    private final VdiHeader header;

    VdiLayer(BlockStorage disk, VdiTable table, VdiHeader header) {
        super(disk, new VdiState());
        this.disk = disk;
        this.table = table;
        this.header = header;
    }

    @Override
    public void resize(long next) throws StorageException {
        if (next < capacityBytes()) {
            throw new StorageException(Kind.UNSUPPORTED, "VDI images cannot be made shorter: convert it");
        }
        if (next % VdiHeader.SECTOR != 0) {
            throw new StorageException(Kind.UNSUPPORTED, "%d bytes: expected a multiple of 512".formatted(next));
        }
        disk.exclusively(() -> {
            table.resize(next);
            disk.capacityBytes(next);
        });
    }

    @Override
    public ImageDescription describe() {
        return new ImageDescription(
                OptionalLong.empty(), OptionalLong.of(header.blockBytes()), false, false, false, Map.of());
    }
}
