package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * A guest goes on from a snapshot whose file of memory the host cannot read beyond its first three quarters: a file system of libnbd's
 * over a server that fails on demand.
 */
class FailingDiskIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    /** 128 and SIGABRT, by which the JVM ends when machine code has touched a page that is not there. */
    private static final int ABORTED = 134;

    private static final int TIMED_OUT = 124;

    private static final String SERVER = """
            #!/bin/sh
            cd %s
            case $1 in
              get_size) stat -c %%s memory.whole;;
              pread)
                if [ -e fails ] && [ $4 -ge 100663296 ]; then echo "EIO a bad sector" >&2; exit 1; fi
                dd if=memory.whole iflag=skip_bytes,count_bytes skip=$4 count=$3 bs=64k status=none;;
              *) exit 2;;
            esac
            """;

    @TempDir
    Path folder;

    private Path disk() {
        return folder.resolve("disk");
    }

    /** Nothing of what was read before is in the host's cache then. */
    private void mount() throws IOException, InterruptedException {
        unmount();
        List<String> command = List.of(
                "nbdfuse",
                "-r",
                disk().resolve("memory").toString(),
                "--command",
                "nbdkit",
                "-s",
                "--exit-with-parent",
                "-r",
                "sh",
                folder.resolve("server").toString());
        Path log = folder.resolve("nbdfuse.log");
        Process nbdfuse = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        while (!Files.exists(disk().resolve("memory"))) {
            if (nbdfuse.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw new TestAbortedException("no file system of libnbd's here: " + Files.readString(log));
            }
        }
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        HostTool.Ended ended = HostTool.end(folder, List.of("umount", "-l", disk().toString()));
        while (ended.status() == 0 && Files.exists(disk().resolve("memory"))) {
            Thread.sleep(10);
        }
    }

    private Path snapshot() throws IOException {
        Files.writeString(folder.resolve("demo.yaml"), """
                name: demo
                memory: 128MiB
                cpu: bt
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                """.formatted(DebianGuest.kernel(), DebianGuest.initrd()));
        Path kept = folder.resolve("kept");
        Serving serving = new Serving(folder);
        try (var serve = serving.start()) {
            serving.done("vm", "define", "demo.yaml");
            serving.done("vm", "start", "demo");
            try (var console = serving.open("vm", "console", "demo")) {
                console.awaitOutput("root@guest", TIMEOUT);
            }
            serving.done("vm", "snapshot", "demo", "--to", kept.toString());
            serving.done("vm", "kill", "demo");
            serve.signal("TERM");
            serve.await(TIMEOUT);
        }
        Files.move(kept.resolve("memory"), folder.resolve("memory.whole"));
        Files.createSymbolicLink(kept.resolve("memory"), disk().resolve("memory"));
        return kept;
    }

    @Test
    void aFileThatCannotBeReadEndsOrPausesTheMachineWithItsName() throws Exception {
        HostTool.require("nbdfuse", "libnbd-bin");
        HostTool.require("nbdkit", "nbdkit");
        if (!Files.isWritable(Path.of("/dev/fuse"))
                || !System.getProperty("user.name").equals("root")) {
            throw new TestAbortedException("no right to mount a file system here: needs root and /dev/fuse");
        }
        Files.createDirectory(disk());
        Path server = Files.writeString(folder.resolve("server"), SERVER.formatted(folder));
        assertTrue(server.toFile().setExecutable(true));
        Path kept = snapshot();
        for (String cpu : List.of("soft", "bt")) {
            mount();
            Files.createFile(folder.resolve("fails"));
            goesWrong(cpu, kept);
            Files.delete(folder.resolve("fails"));
        }
        mount();
        try (var run = Backplane.start("restore", "--cpu", "bt", kept.toString())) {
            run.awaitErrors("goes on after", TIMEOUT);
            run.send("echo $((6*7)); poweroff -f\n");
            run.awaitOutput("42", TIMEOUT);
            assertEquals(0, run.await(TIMEOUT).status());
        }
    }

    /** In machine code it is the end of the process; everywhere else of the machine, which is told. */
    private void goesWrong(String cpu, Path kept) {
        ProcessBuilder command =
                Backplane.command(Backplane.HOME, "restore", "--timeout", "60", "--cpu", cpu, kept.toString());
        // Where the JVM writes its report.
        try (var run = Backplane.of(command.directory(folder.toFile()))) {
            var result = run.await(TIMEOUT);
            String said = result.errors() + result.text();
            boolean paused = said.contains("is paused: " + kept + ": its memory cannot be read: ");
            boolean failed =
                    said.contains("the machine failed: ") && said.contains("its memory still came from " + kept);
            boolean aborted = said.contains("SIGBUS");
            System.out.println("a file that cannot be read, on " + cpu + ": "
                    + (aborted ? "the end of the process" : failed ? "the end of the machine" : "a pause"));
            if (aborted) {
                assertEquals("bt", cpu, said);
                assertEquals(ABORTED, result.status(), said);
            } else {
                assertTrue(paused || failed, said);
                assertEquals(failed ? 1 : TIMED_OUT, result.status(), said);
            }
        }
    }
}
