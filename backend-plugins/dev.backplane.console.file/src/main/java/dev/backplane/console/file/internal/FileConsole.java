package dev.backplane.console.file.internal;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.ConsoleType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Component;

/** Consoles whose output is kept in a file. */
@Component
@ConsoleType("file")
public final class FileConsole implements ConsoleBackend<FileOptions, FileState> {
    private static final String FILE = "file";

    @Override
    public ConsolePort<FileState> create(FileOptions options, ConsoleContext context) throws ConfigurationException {
        return new FilePort(
                context, open(options, context, options.append() ? APPEND : TRUNCATE_EXISTING), new byte[0]);
    }

    /** Goes on behind what was written, also where another process wrote it. */
    @Override
    public ConsolePort<FileState> restore(FileOptions options, ConsoleContext context, FileState state)
            throws StateException, ConfigurationException {
        if (state.unwritten().length > FilePort.QUEUE_BYTES) {
            throw new StateException(
                    "unwritten has " + state.unwritten().length + " bytes: expected at most " + FilePort.QUEUE_BYTES);
        }
        return new FilePort(context, open(options, context, APPEND), state.unwritten());
    }

    private static FileChannel open(FileOptions options, ConsoleContext context, OpenOption how)
            throws ConfigurationException {
        return context.resource(FILE, FileChannel.class, () -> open(options.path(), how));
    }

    private static FileChannel open(Path path, OpenOption how) throws ConfigurationException {
        try {
            return FileChannel.open(path, CREATE, WRITE, how);
        } catch (IOException e) {
            throw new ConfigurationException("path: " + path + " cannot be written: " + reason(path, e), e);
        }
    }

    private static String reason(Path path, IOException e) {
        if (Files.isDirectory(path)) {
            return "it is a folder; name a file in it";
        }
        return switch (e) {
            case NoSuchFileException missing -> "its folder does not exist; make it first";
            case AccessDeniedException denied -> "permission denied";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
