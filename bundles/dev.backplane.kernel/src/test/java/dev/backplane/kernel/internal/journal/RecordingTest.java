package dev.backplane.kernel.internal.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
    private static final Entry.Head HEAD = new Entry.Head(
            Map.of("kernel", "SHA-256 12ä", "vCPUs", "2"), new byte[] {1, 2, 3}, -5, 999_999_999, 10_000);

    private static final List<Entry.Event> EVENTS = List.of(
            new Entry.Hash(0, 0, new byte[32]),
            new Entry.Input(7, 70_000, "com1.console", "hello\n".getBytes()),
            new Entry.Input(7, 70_000, "com2.console", new byte[4096]),
            new Entry.Mark(7, 70_000),
            new Entry.Cut(8, Long.MAX_VALUE, "a plugin was stopped"),
            new Entry.End(9, 80_000, new byte[] {-1}, "ACPI soft-off"));

    @TempDir
    Path folder;

    private Path written() throws IOException {
        Path file = folder.resolve("a.rec");
        try (RecordingWriter writer = new RecordingWriter(file, HEAD)) {
            for (Entry.Event event : EVENTS) {
                writer.append(event);
            }
        }
        return file;
    }

    private static List<String> read(Path file) throws IOException {
        List<String> read = new ArrayList<>();
        try (RecordingReader reader = new RecordingReader(file)) {
            assertEquals(text(HEAD), text(reader.head()));
            for (Entry.Event event; (event = reader.peek()) != null; reader.advance()) {
                read.add(text(event));
            }
        }
        return read;
    }

    private static String text(Entry entry) {
        return Arrays.toString(EntryCodec.encode(entry));
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        assertEquals(EVENTS.stream().map(RecordingTest::text).toList(), read(written()));
    }

    @Test
    void aRecordingThatIsCutOffAnywhereIsReadUpToItsLastWholeEntry() throws IOException {
        Path file = written();
        byte[] whole = Files.readAllBytes(file);
        List<String> all = read(file);
        int head = RecordingWriter.SIGNATURE.length + 2 * Integer.BYTES + EntryCodec.encode(HEAD).length;
        int before = 0;
        for (int length = head; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            List<String> some = read(file);
            assertEquals(all.subList(0, some.size()), some);
            assertTrue(some.size() >= before && some.size() < all.size(), "of " + length + " bytes: " + some.size());
            before = some.size();
        }
        for (int length = 0; length < head; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(IOException.class, () -> new RecordingReader(file));
        }
    }

    @Test
    void aDamagedByteNeverYieldsAnEntryThatWasNotWritten() throws IOException {
        Path file = written();
        byte[] whole = Files.readAllBytes(file);
        List<String> all = read(file);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(damaged.length);
            damaged[at] ^= (byte) (1 + random.nextInt(255));
            Files.write(file, damaged);
            try {
                List<String> some = read(file);
                assertEquals(all.subList(0, some.size()), some, "byte " + at + ", seed " + seed);
                assertTrue(some.size() < all.size());
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("a.rec"), e.getMessage());
            }
        }
    }

    @Test
    void anExistingFileIsNotTouched() throws IOException {
        Path file = Files.writeString(folder.resolve("precious"), "text");
        assertThrows(FileAlreadyExistsException.class, () -> new RecordingWriter(file, HEAD).close());
        IOException e = assertThrows(IOException.class, () -> new Recorder(file, Map.of(), 10_000));
        assertTrue(e.getMessage().endsWith("precious: there is such a file already: name another, or remove it"));
        assertArrayEquals("text".getBytes(), Files.readAllBytes(file));
    }

    @Test
    void aRecordingOfAnotherMachineIsRefusedWithEverythingThatDiffers() throws IOException {
        Path file = written();
        IOException e = assertThrows(
                IOException.class,
                () -> new Replayer(file, Map.of("kernel", "SHA-256 34", "vCPUs", "2", "initrd", "no file")));
        assertEquals(
                file
                        + " was recorded on another machine:\n"
                        + "  initrd: recorded with absent, here it is no file\n"
                        + "  kernel: recorded with SHA-256 12ä, here it is SHA-256 34",
                e.getMessage());
    }

    @Test
    void aRecorderThatRecordedNothingLeavesNoFile() throws IOException {
        Path file = folder.resolve("nothing.rec");
        new Recorder(file, Map.of(), 10_000).close();
        assertTrue(Files.notExists(file));
    }
}
