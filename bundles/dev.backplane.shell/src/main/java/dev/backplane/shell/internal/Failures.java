package dev.backplane.shell.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.vm.VmException;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What went wrong, in words for who typed it. */
public final class Failures {
    private Failures() {}

    /** A command line that cannot be understood. */
    public static String misused(ParameterException e) {
        return e instanceof UnmatchedArgumentException unmatched
                ? text(unmatched)
                : e.getMessage().replaceFirst("^Error: ", "");
    }

    private static String text(UnmatchedArgumentException e) {
        String word = e.getUnmatched().getFirst();
        boolean aCommand = !e.getCommandLine().getSubcommands().isEmpty();
        String what = e.isUnknownOption()
                ? "unknown option '" + word + "'"
                : aCommand ? "there is no command '" + word + "'" : "'" + word + "' is one argument too many";
        List<String> near = aCommand || e.isUnknownOption() ? e.getSuggestions() : List.of();
        return near.isEmpty() ? what : what + "; did you mean " + String.join(" or ", near) + "?";
    }

    /** A command that ran and failed. */
    public static String text(Exception e) {
        return switch (e) {
            case CommandException command -> command.getMessage();
            case ConfigurationException configuration -> configuration.getMessage();
            case PluginException plugin -> plugin.getMessage();
            case VmException vm -> vm.getMessage();
            case StorageException storage -> storage.getMessage();
            case FileSystemException file -> file.getFile() + ": " + reason(file);
            case IOException io -> reason(io);
            default -> "an error in Backplane itself: " + e + " (--debug shows where)";
        };
    }

    /** What is wrong with a file, without its name. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException file -> "there is no such file";
            case AccessDeniedException file -> "permission denied";
            case FileSystemException file ->
                file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
