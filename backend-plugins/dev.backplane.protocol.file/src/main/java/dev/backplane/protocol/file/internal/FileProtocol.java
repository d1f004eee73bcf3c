package dev.backplane.protocol.file.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageProtocol;
import dev.backplane.api.storage.StorageProtocolType;
import dev.backplane.api.storage.image.CreatableProtocol;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import org.osgi.service.component.annotations.Component;

/** Disks whose bytes are in a file. The file is the bay's, so that a successor finds it open. */
@Component
@StorageProtocolType("file")
public final class FileProtocol implements StorageProtocol<FileOptions, FileState>, CreatableProtocol<FileOptions> {
    @Override
    public StorageLayer<FileState> open(FileOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        ImageFile file = context.file(options.path(), !options.readOnly());
        try {
            DirectWay direct = options.direct() ? DirectWay.open(options, context) : null;
            return new FileLayer(options, file, direct, file.channel().size());
        } catch (IOException e) {
            throw new StorageException(Kind.IO, options.path() + ": its size cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public StorageLayer<FileState> restore(FileOptions options, StorageContext context, FileState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }

    /** What is there is emptied only when nobody uses it. */
    @Override
    public void create(FileOptions options, StorageContext context) throws ConfigurationException, StorageException {
        try {
            Files.createFile(options.path());
        } catch (FileAlreadyExistsException e) {
            // It is emptied.
        } catch (IOException e) {
            throw new ConfigurationException("path: %s cannot be made: %s".formatted(options.path(), e.getMessage()));
        }
        ImageFile file = context.file(options.path(), true);
        if (Files.isRegularFile(options.path())) {
            try {
                file.channel().truncate(0);
            } catch (IOException e) {
                throw new StorageException(Kind.IO, options.path() + ": cannot be emptied: " + e.getMessage(), e);
            }
        }
    }
}
