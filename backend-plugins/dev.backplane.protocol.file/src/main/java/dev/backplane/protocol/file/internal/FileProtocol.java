package dev.backplane.protocol.file.internal;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageProtocol;
import dev.backplane.api.storage.StorageProtocolType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Component;

/** Disks whose bytes are in a file. The file is the bay's, so that a successor finds it open. */
@Component
@StorageProtocolType("file")
public final class FileProtocol implements StorageProtocol<FileOptions, FileState> {
    private static final String FILE = "file";

    @Override
    public StorageLayer<FileState> open(FileOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        FileChannel file = context.resource(FILE, FileChannel.class, () -> open(options));
        try {
            return new FileLayer(options, file, file.size());
        } catch (IOException e) {
            throw new StorageException(Kind.IO, options.path() + ": its size cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public StorageLayer<FileState> restore(FileOptions options, StorageContext context, FileState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }

    private static FileChannel open(FileOptions options) throws ConfigurationException {
        Path path = options.path();
        try {
            if (Files.isDirectory(path)) {
                throw new ConfigurationException("path: " + path + " is a folder: name a file in it");
            }
            return options.readOnly() ? FileChannel.open(path, READ) : FileChannel.open(path, READ, WRITE);
        } catch (IOException e) {
            throw new ConfigurationException("path: %s cannot be opened%s: %s"
                    .formatted(path, options.readOnly() ? "" : " for writing", reason(e)));
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "it does not exist";
            case AccessDeniedException denied -> "permission denied (readOnly: true needs less)";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
