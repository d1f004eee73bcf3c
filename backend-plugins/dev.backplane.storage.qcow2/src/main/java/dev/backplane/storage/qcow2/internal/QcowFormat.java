package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import org.osgi.service.component.annotations.Component;

/** Disk images of QEMU. */
@Component
@StorageFormatType("qcow2")
public final class QcowFormat implements StorageFormat<QcowOptions, QcowState> {
    @Override
    public StorageLayer<QcowState> open(QcowOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        Image image = new Image(context.storage(options.on()));
        Header header = Header.read(image);
        if (header.backing().isPresent() && options.backing().isEmpty()) {
            // A guest may have written that name: it is followed only where the admin says so.
            throw new ConfigurationException(
                    "backing: the image names the backing file \"%s\": say what it is, for instance backing: {format: raw, file: %s}"
                            .formatted(header.backing().get(), header.backing().get()));
        }
        if (header.backing().isEmpty() && options.backing().isPresent()) {
            throw new ConfigurationException("backing: the image has no backing file: leave this out");
        }
        boolean unclean = (header.incompatible() & (Header.DIRTY | Header.CORRUPT)) != 0;
        if (unclean && image.isWritable()) {
            throw new StorageException(
                    Kind.CORRUPT,
                    "the image was not closed, or is marked as damaged: check and repair it, or open it readOnly");
        }
        Storage backing = options.backing().isPresent()
                ? context.storage(options.backing().get())
                : null;
        return new QcowLayer(image, header, backing);
    }

    @Override
    public StorageLayer<QcowState> restore(QcowOptions options, StorageContext context, QcowState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }
}
