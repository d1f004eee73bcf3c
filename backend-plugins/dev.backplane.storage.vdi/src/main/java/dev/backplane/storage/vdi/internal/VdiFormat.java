package dev.backplane.storage.vdi.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.api.storage.image.CreatableFormat;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.api.storage.image.RecognizableFormat;
import dev.backplane.image.BlockStorage;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.osgi.service.component.annotations.Component;

/** Disk images of VirtualBox. */
@Component
@StorageFormatType("vdi")
public final class VdiFormat
        implements StorageFormat<VdiOptions, VdiState>,
                CreatableFormat<VdiCreation>,
                CheckableFormat<VdiOptions>,
                RecognizableFormat {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public StorageLayer<VdiState> open(VdiOptions options, StorageContext context) throws StorageException {
        ImageBytes image = new ImageBytes(context.storage(options.on()));
        VdiHeader header = VdiHeader.read(image);
        VdiTable table = new VdiTable(image, header);
        return new VdiLayer(new BlockStorage(image, table, header.blockBytes(), header.capacityBytes()), table, header);
    }

    @Override
    public StorageLayer<VdiState> restore(VdiOptions options, StorageContext context, VdiState state)
            throws StorageException {
        return open(options, context);
    }

    @Override
    public void create(VdiCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        NewImage.write(options, target);
    }

    @Override
    public CheckReport check(VdiOptions options, StorageContext context, CheckMode mode) throws StorageException {
        return new VdiCheck(new ImageBytes(context.storage(options.on()))).run(mode);
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        if (image.capacityBytes() < VdiHeader.BYTES) {
            return false;
        }
        MemorySegment mark = MemorySegment.ofArray(new byte[4]);
        image.read(VdiHeader.SIGNATURE_AT, mark);
        return mark.get(INT, 0) == VdiHeader.SIGNATURE;
    }
}
