package dev.backplane.disk.internal;

import dev.backplane.api.vm.VmManager;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.disk.Disks;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.natives.internal.LinuxHost;
import dev.backplane.protocol.file.internal.FileProtocol;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.storage.luks.internal.LuksFormat;
import dev.backplane.storage.qcow2.internal.QcowFormat;
import dev.backplane.storage.raw.internal.RawFormat;
import dev.backplane.storage.vhd.internal.VhdFormat;
import dev.backplane.storage.vmdk.internal.VmdkFormat;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Version;
import picocli.CommandLine;

/** The tool with the kernel's disks and six plugins, in this process. */
final class Bed {
    final Disks disks;

    Bed() {
        Catalogue catalogue = new Catalogue();
        catalogue.add(offer(Kind.PROTOCOL, "file", new FileProtocol()));
        catalogue.add(offer(Kind.STORAGE, "raw", new RawFormat()));
        catalogue.add(offer(Kind.STORAGE, "qcow2", new QcowFormat()));
        catalogue.add(offer(Kind.STORAGE, "luks", new LuksFormat()));
        catalogue.add(offer(Kind.STORAGE, "vhd", new VhdFormat()));
        catalogue.add(offer(Kind.STORAGE, "vmdk", new VmdkFormat()));
        disks = new Disks(catalogue, () -> {}, new ImageFiles(new LinuxHost()), List.of());
    }

    private static Offer offer(Kind kind, String type, Object factory) {
        return new Offer(kind, type, "test." + type, Version.emptyVersion, 1, 1, () -> factory);
    }

    /** What a command printed, and how it ended. */
    record Ended(int status, String out, String message) {
        String mustBe(int expected) {
            if (status != expected) {
                throw new AssertionError("status %d, expected %d: %s%s".formatted(status, expected, out, message));
            }
            return out;
        }
    }

    /** As {@code backplane disk} does. */
    Ended run(Object... words) {
        StringBuilder out = new StringBuilder();
        StringBuilder message = new StringBuilder();
        CommandContext context = new CommandContext() {
            @Override
            public VmManager vms() throws CommandException {
                throw new CommandException("no machines here");
            }

            @Override
            public void print(String text) {
                out.append(text);
            }

            @Override
            public void say(String line) {
                message.append(line).append('\n');
            }
        };
        CommandLine line = DiskCommand.line(new Tool(disks, context), List::of);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            context.say(String.valueOf(e.getMessage()));
            return e instanceof CommandException told ? told.status() : 1;
        });
        int status = line.execute(Arrays.stream(words).map(String::valueOf).toArray(String[]::new));
        return new Ended(status, out.toString(), message.toString());
    }

    /** A command that has to succeed. */
    String must(Object... words) {
        return run(words).mustBe(0);
    }
}
