package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.CreatableFormat;
import dev.backplane.api.storage.image.ImageTarget;
import org.osgi.service.component.annotations.Component;

/** Disks without any structure. */
@Component
@StorageFormatType("raw")
public final class RawFormat implements StorageFormat<RawOptions, RawState>, CreatableFormat<RawCreation> {
    private static final int SECTOR_BYTES = 512;

    @Override
    public StorageLayer<RawState> open(RawOptions options, StorageContext context) throws ConfigurationException {
        ResizableStorage below = context.storage(options.on());
        long there = below.capacityBytes();
        if (options.offset() > there) {
            throw new ConfigurationException("offset: %d is behind the end of the layer below, which has %d bytes"
                    .formatted(options.offset(), there));
        }
        long left = there - options.offset();
        if (options.size().isEmpty()) {
            return new RawLayer(below, options.offset(), roundedUp(left), left, true);
        }
        long size = options.size().get();
        if (size > left || size % SECTOR_BYTES != 0) {
            throw new ConfigurationException(
                    "size: %d: expected a multiple of 512 up to %d, which is what the layer below has"
                            .formatted(size, left));
        }
        return new RawLayer(below, options.offset(), size, size, false);
    }

    private static long roundedUp(long bytes) {
        return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    }

    @Override
    public StorageLayer<RawState> restore(RawOptions options, StorageContext context, RawState state)
            throws ConfigurationException {
        return open(options, context);
    }

    @Override
    public void create(RawCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException("a raw image has no room for the name of a backing file");
        }
        ResizableStorage image = target.image();
        image.resize(target.capacityBytes());
        if (options.preallocation() == RawCreation.Preallocation.FULL) {
            image.zero(0, target.capacityBytes(), false);
        }
        image.flush();
    }
}
