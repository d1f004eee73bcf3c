package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.image.ImageLayer;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** An open image. */
class VmdkLayer extends ImageLayer<VmdkState> implements DescribedStorage {
    private final Disk disk;

    private VmdkLayer(Disk disk) {
        super(disk.storage(), new VmdkState());
        this.disk = disk;
    }

    static VmdkLayer of(Disk disk) {
        SparseHeader header =
                disk.extents().size() == 1 ? disk.extents().getFirst().header() : null;
        return header != null && header.isCompressed()
                ? new Compressing(disk, header.grainBytes())
                : new VmdkLayer(disk);
    }

    @Override
    public ImageDescription describe() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("cid", disk.descriptor().contentId());
        details.put("parent-cid", disk.descriptor().parentId());
        details.put("create-type", disk.descriptor().createType());
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

    /** One whose grains are compressed. */
    private static final class Compressing extends VmdkLayer implements CompressingStorage {
        private final int grainBytes;

        Compressing(Disk disk, int grainBytes) {
            super(disk);
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
