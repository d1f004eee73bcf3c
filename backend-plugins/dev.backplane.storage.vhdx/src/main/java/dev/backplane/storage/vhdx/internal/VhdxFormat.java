package dev.backplane.storage.vhdx.internal;

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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.osgi.service.component.annotations.Component;

/** Disk images of Hyper-V. */
@Component
@StorageFormatType("vhdx")
public final class VhdxFormat
        implements StorageFormat<VhdxOptions, VhdxState>,
                CreatableFormat<VhdxCreation>,
                CheckableFormat<VhdxOptions>,
                RecognizableFormat {
    @Override
    public StorageLayer<VhdxState> open(VhdxOptions options, StorageContext context) throws StorageException {
        return VhdxLayer.open(context.storage(options.on()));
    }

    @Override
    public StorageLayer<VhdxState> restore(VhdxOptions options, StorageContext context, VhdxState state)
            throws StorageException {
        return open(options, context);
    }

    @Override
    public void create(VhdxCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        NewImage.write(options, target);
    }

    @Override
    public CheckReport check(VhdxOptions options, StorageContext context, CheckMode mode) throws StorageException {
        return VhdxCheck.run(context.storage(options.on()), mode);
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        if (image.capacityBytes() < 8) {
            return false;
        }
        byte[] first = new byte[8];
        image.read(0, MemorySegment.ofArray(first));
        return Header.isMark(ByteBuffer.wrap(first));
    }
}
