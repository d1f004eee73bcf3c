package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.guest.RecordReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guest's side of a command, run here: the same script, a pipe in place of the serial port. */
@Timeout(120)
class RelayScriptTest {
    @TempDir
    Path folder;

    private List<String> shell;
    private Path script;

    @BeforeEach
    void setUp() throws IOException {
        shell = Tools.shell();
        script = folder.resolve("relay");
        try (InputStream in = GuestImage.class.getResourceAsStream("/dev/backplane/guest/image/libexec/relay")) {
            Files.copy(in, script);
        }
    }

    @Test
    void megabyteOfRandomBytesComesThroughBesideErrors() throws Exception {
        byte[] random = new byte[1 << 20];
        new Random(42).nextBytes(random);
        Files.write(folder.resolve("random"), random);
        Outcome outcome = run("""
                cat %s/random &
                i=0
                while [ $i -lt 500 ]; do echo "error $i" >&2; i=$((i + 1)); done
                wait
                exit 77
                """.formatted(folder));
        assertArrayEquals(random, outcome.out.toByteArray());
        StringBuilder errors = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            errors.append("error ").append(i).append('\n');
        }
        assertEquals(errors.toString(), outcome.err.toString(StandardCharsets.UTF_8));
        assertEquals(77, outcome.status);
    }

    @Test
    void everyStatusIsReported() throws Exception {
        for (int status = 0; status < 256; status++) {
            assertEquals(status, run("exit " + status).status);
        }
    }

    @Test
    void deathBySignalIsTheShellsStatus() throws Exception {
        assertEquals(128 + 9, run("kill -9 $$").status);
        assertEquals(128 + 10, run("kill -USR1 $$").status);
    }

    @Test
    void commandThatCannotBeParsedReportsItself() throws Exception {
        Outcome outcome = run("if then (");
        assertEquals(2, outcome.status);
        assertEquals(0, outcome.out.size());
        assertEquals(
                true,
                outcome.err
                        .toString(StandardCharsets.UTF_8)
                        .toLowerCase(Locale.ROOT)
                        .contains("syntax error"));
    }

    @Test
    void bytesWithoutNewlineAndNulsArriveAsTheyAre() throws Exception {
        assertArrayEquals(
                new byte[] {0, 'a', 0, (byte) 0xff},
                run("printf '\\000a\\000\\377'").out.toByteArray());
    }

    @Test
    void outputOfAnEarlierWriteArrivesWhileTheCommandRuns() throws Exception {
        Path go = folder.resolve("go");
        Outcome outcome = new Outcome() {
            @Override
            public void standardOutput(byte[] bytes, int offset, int length) {
                super.standardOutput(bytes, offset, length);
                try {
                    // The command waits for this file: without its first output it would never end.
                    if (!Files.exists(go)) {
                        Files.createFile(go);
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        };
        run("echo one; while [ ! -e %s ]; do sleep 0.1; done; echo two".formatted(go), outcome);
        assertEquals("one\ntwo\n", outcome.out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void processLeftInTheBackgroundHoldsNothingUp() throws Exception {
        Outcome outcome = run("sleep 1000 & sh -c 'trap \"\" TERM HUP; sleep 1000' & echo done");
        assertEquals("done\n", outcome.out.toString(StandardCharsets.UTF_8));
        assertEquals(0, outcome.status);
    }

    @Test
    void commandHasNoInput() throws Exception {
        assertEquals("0", run("wc -c | tr -d '\\n'").out.toString(StandardCharsets.UTF_8));
    }

    private Outcome run(String command) throws Exception {
        Outcome outcome = new Outcome();
        run(command, outcome);
        return outcome;
    }

    private void run(String command, Outcome outcome) throws Exception {
        Path file = folder.resolve("command");
        Files.writeString(file, command);
        Path work = Files.createTempDirectory(folder, "work");
        List<String> relay = new ArrayList<>(shell);
        relay.addAll(List.of(script.toString(), file.toString(), "/dev/stdout", work.toString()));
        Process process = new ProcessBuilder(relay)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        RecordReader reader = new RecordReader(outcome);
        byte[] buffer = new byte[10_000];
        try (InputStream port = process.getInputStream()) {
            for (int count = port.read(buffer); count >= 0; count = port.read(buffer)) {
                reader.accept(buffer, 0, count);
            }
        }
        assertEquals(0, process.waitFor());
        outcome.status = reader.status() == null ? -1 : reader.status();
    }

    private static class Outcome implements RecordReader.Output {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status;

        @Override
        public void standardOutput(byte[] bytes, int offset, int length) {
            out.write(bytes, offset, length);
        }

        @Override
        public void standardError(byte[] bytes, int offset, int length) {
            err.write(bytes, offset, length);
        }
    }
}
