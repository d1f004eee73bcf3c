package dev.backplane.storage.parallels.internal;

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
final class ParallelsLayer extends ImageLayer<ParallelsState> implements ResizableStorage, DescribedStorage {
    private final BlockStorage disk;
    private final ParallelsTable table;
    private final ParallelsHeader header;

    ParallelsLayer(BlockStorage disk, ParallelsTable table, ParallelsHeader header) {
        super(disk, new ParallelsState());
        this.disk = disk;
        this.table = table;
        this.header = header;
    }

    @Override
    public void resize(long next) throws StorageException {
        if (next < capacityBytes() || next % ParallelsHeader.SECTOR != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "%d bytes: expected a multiple of 512, and not less than before".formatted(next));
        }
        disk.exclusively(() -> {
            table.resize(next);
            disk.capacityBytes(next);
        });
    }

    @Override
    public ImageDescription describe() {
        return new ImageDescription(
                OptionalLong.empty(), OptionalLong.of(header.clusterBytes()), false, false, header.isInUse(), Map.of());
    }
}
