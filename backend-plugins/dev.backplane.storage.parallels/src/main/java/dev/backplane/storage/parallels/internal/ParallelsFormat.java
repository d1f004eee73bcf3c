package dev.backplane.storage.parallels.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
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
import java.nio.ByteBuffer;
import org.osgi.service.component.annotations.Component;

/** Disk images of Parallels Desktop. */
@Component
@StorageFormatType("parallels")
public final class ParallelsFormat
        implements StorageFormat<ParallelsOptions, ParallelsState>,
                CreatableFormat<ParallelsCreation>,
                CheckableFormat<ParallelsOptions>,
                RecognizableFormat {
    @Override
    public StorageLayer<ParallelsState> open(ParallelsOptions options, StorageContext context) throws StorageException {
        ImageBytes image = new ImageBytes(context.storage(options.on()));
        ParallelsHeader header = ParallelsHeader.read(image);
        if (header.isInUse() && image.isWritable()) {
            // Whoever left it may have written its table before what it leads to.
            CheckReport report = ParallelsCheck.run(image, CheckMode.REPORT);
            if (report.corruptions() > 0) {
                throw new StorageException(
                        Kind.CORRUPT,
                        "the image was not closed, and is damaged (%s): check and repair it, or open it readOnly"
                                .formatted(report.messages().getLast()));
            }
        }
        ParallelsTable table = new ParallelsTable(image, header);
        return new ParallelsLayer(
                new BlockStorage(image, table, header.clusterBytes(), header.capacityBytes()), table, header);
    }

    @Override
    public StorageLayer<ParallelsState> restore(ParallelsOptions options, StorageContext context, ParallelsState state)
            throws StorageException {
        return open(options, context);
    }

    @Override
    public void create(ParallelsCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        NewImage.write(options, target);
    }

    @Override
    public CheckReport check(ParallelsOptions options, StorageContext context, CheckMode mode) throws StorageException {
        return ParallelsCheck.run(new ImageBytes(context.storage(options.on())), mode);
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        if (image.capacityBytes() < ParallelsHeader.BYTES) {
            return false;
        }
        byte[] first = new byte[ParallelsHeader.BYTES];
        image.read(0, MemorySegment.ofArray(first));
        return ParallelsHeader.isMark(ByteBuffer.wrap(first));
    }
}
