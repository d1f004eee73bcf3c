package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import org.osgi.service.component.annotations.Component;

/** Disks without any structure. */
@Component
@StorageFormatType("raw")
public final class RawFormat implements StorageFormat<RawOptions, RawState> {
    private static final int SECTOR_BYTES = 512;

    @Override
    public StorageLayer<RawState> open(RawOptions options, StorageContext context) throws ConfigurationException {
        Storage below = context.storage(options.on());
        long there = below.capacityBytes();
        if (options.offset() > there) {
            throw new ConfigurationException("offset: %d is behind the end of the layer below, which has %d bytes"
                    .formatted(options.offset(), there));
        }
        long left = there - options.offset();
        long size = options.size().orElse(left / SECTOR_BYTES * SECTOR_BYTES);
        if (size > left || size % SECTOR_BYTES != 0) {
            throw new ConfigurationException(
                    "size: %d: expected a multiple of 512 up to %d, which is what the layer below has"
                            .formatted(size, left));
        }
        return new RawLayer(below, options.offset(), size);
    }

    @Override
    public StorageLayer<RawState> restore(RawOptions options, StorageContext context, RawState state)
            throws ConfigurationException {
        return open(options, context);
    }
}
