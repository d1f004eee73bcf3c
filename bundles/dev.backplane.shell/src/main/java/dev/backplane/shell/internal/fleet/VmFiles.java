package dev.backplane.shell.internal.fleet;

import dev.backplane.api.vm.VmSource;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads VM files that a person has named. */
public final class VmFiles {
    /** A text that a person writes; what is larger was not meant to be one. */
    private static final long LARGEST_FILE = 1 << 20;

    private VmFiles() {}

    /**
     * Reads one.
     *
     * @param file as it was typed
     * @param folder what a relative path starts from
     * @param overrides values that replace those of the file
     */
    public static VmSource read(Path file, Path folder, Map<String, String> overrides)
            throws IOException, CommandException {
        Path path = folder.resolve(file).toAbsolutePath();
        return new VmSource(file.toString(), text(file, path), path.getParent(), overrides);
    }

    private static String text(Path file, Path path) throws IOException, CommandException {
        if (Files.isDirectory(path)) {
            throw new CommandException(file + ": a folder, a VM file was expected");
        }
        // Reading a pipe that nobody writes to, or a device, would not end.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new CommandException(file + ": not a regular file, a VM file was expected");
        }
        if (Files.size(path) > LARGEST_FILE) {
            throw new CommandException(file + ": " + Files.size(path) + " bytes, more than a VM file can have ("
                    + LARGEST_FILE + "): is it a kernel or a disk?");
        }
        try {
            return Files.readString(path);
        } catch (CharacterCodingException e) {
            throw new CommandException(file + ": not a text in UTF-8, a VM file was expected");
        }
    }
}
