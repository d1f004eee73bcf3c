package dev.backplane.storage.vhd.internal;

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
import dev.backplane.api.storage.image.RenamedFormat;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.osgi.service.component.annotations.Component;

/** Disk images of Virtual PC and Hyper-V. */
@Component
@StorageFormatType("vhd")
public final class VhdFormat
        implements StorageFormat<VhdOptions, VhdState>,
                CreatableFormat<VhdCreation>,
                CheckableFormat<VhdOptions>,
                RecognizableFormat,
                RenamedFormat {
    @Override
    public StorageLayer<VhdState> open(VhdOptions options, StorageContext context) throws StorageException {
        return VhdLayer.open(new ImageBytes(context.storage(options.on())));
    }

    @Override
    public StorageLayer<VhdState> restore(VhdOptions options, StorageContext context, VhdState state)
            throws StorageException {
        return open(options, context);
    }

    @Override
    public void create(VhdCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        NewImage.write(options, target);
    }

    @Override
    public CheckReport check(VhdOptions options, StorageContext context, CheckMode mode) throws StorageException {
        return VhdCheck.run(new ImageBytes(context.storage(options.on())), mode);
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        long end = image.capacityBytes();
        return end >= Footer.BYTES && (isFooter(image, 0) || isFooter(image, end - Footer.BYTES));
    }

    @Override
    public String qemuName() {
        return "vpc";
    }

    private static boolean isFooter(Storage image, long at) throws StorageException {
        byte[] bytes = new byte[Footer.BYTES];
        image.read(at, MemorySegment.ofArray(bytes));
        return new Footer(ByteBuffer.wrap(bytes)).isMarked();
    }
}
