package dev.backplane.guest.internal.ext4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.guest.internal.RawFile;
import dev.backplane.guest.internal.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is written, judged by e2fsprogs. */
@Timeout(300)
class Ext4WriterTest {
    private static final UUID ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    private static final Instant TIME = Instant.parse("2020-02-02T02:02:02Z");

    @TempDir
    Path folder;

    /** Puts files into a file system. */
    @FunctionalInterface
    private interface Contents {
        void write(Ext4Writer writer) throws IOException;
    }

    private void make(long bytes, int groupBlocks, Contents contents) throws IOException {
        try (RawFile file = new RawFile(folder.resolve("image"), bytes)) {
            Ext4Writer writer = new Ext4Writer(file, ID, TIME, groupBlocks);
            contents.write(writer);
            writer.finish();
        }
    }

    /** Status 0 is: nothing to be said, and nothing to be repaired. */
    private String check() throws Exception {
        return Tools.run(folder, Tools.require("e2fsck"), "-fn", "image");
    }

    private String debugfs(String request) throws Exception {
        return Tools.run(folder, Tools.require("debugfs"), "-R", request, "image");
    }

    @Test
    void emptyFileSystemOfProductionsGroupsIsSound() throws Exception {
        make(1L << 30, Layout.MOST_GROUP_BLOCKS, writer -> {});
        String said = check();
        assertTrue(said.contains("backplane: 11/65536 files (0.0% non-contiguous)"), said);
        String statistics = debugfs("stats -h");
        assertTrue(statistics.contains(ID.toString()), statistics);
        assertTrue(statistics.contains("has_journal"), statistics);
    }

    @Test
    void whatIsBehindTheLastWholeGroupIsLeftAlone() throws Exception {
        make((64 << 20) + 777 * 4096, 1024, writer -> writer.file("a", 0644, new byte[5000]));
        check();
        assertTrue(debugfs("stats -h").contains("Block count:              16384"));
    }

    @Test
    void randomTreesAreSoundAndReadBackTheSame() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("Ext4WriterTest: -Dbackplane.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 4; i++) {
            int groupBlocks = 1024 << random.nextInt(3);
            long bytes = (64L << 20) + (long) random.nextInt(64 << 20);
            RandomTree tree = new RandomTree(random, 1 + random.nextInt(600), 16 << 20);
            Files.deleteIfExists(folder.resolve("image"));
            make(bytes, groupBlocks, tree::write);
            check();
            Path out = Files.createDirectory(folder.resolve("out" + i));
            debugfs("rdump / out" + i);
            tree.assertIn(out);
        }
    }

    @Test
    void folderOfThousandsOfNamesIsSound() throws Exception {
        make(64 << 20, 4096, writer -> {
            writer.directory("many", 0755);
            for (int i = 0; i < 3000; i++) {
                writer.file("many/" + "n".repeat(i % 250) + i, 0644, new byte[0]);
            }
        });
        check();
        Files.createDirectory(folder.resolve("out"));
        debugfs("rdump /many out");
        try (var files = Files.list(folder.resolve("out/many"))) {
            assertEquals(3000, files.count());
        }
    }

    @Test
    void deviceAndLinksAreWhatTheyShouldBe() throws Exception {
        make(64 << 20, 4096, writer -> {
            writer.directory("dev", 0755);
            writer.characterDevice("dev/console", 0600, 5, 1);
            writer.symbolicLink("short", "t".repeat(59));
            writer.symbolicLink("long", "t".repeat(60));
            writer.symbolicLink("longest", "t".repeat(4095));
            writer.directory("tmp", 01777);
        });
        check();
        String device = debugfs("stat /dev/console");
        assertTrue(device.contains("Type: character special    Mode:  0600"), device);
        assertTrue(device.contains("Device major/minor number: 05:01"), device);
        assertTrue(debugfs("stat /short").contains("Fast link dest: \"" + "t".repeat(59) + "\""));
        assertTrue(debugfs("stat /long").contains("Blockcount: 8"));
        assertTrue(debugfs("stat /tmp").contains("Mode:  01777"));
        assertEquals("t".repeat(4095), debugfs("cat /longest").replaceFirst("^debugfs.*\n", ""));
    }

    @Test
    void everyBlockCanBeUsedAndNotOneMore() throws Exception {
        Layout layout = Layout.of(64 << 20, 2048);
        int free = 0;
        for (int group = 0; group < layout.groups(); group++) {
            free += (int) (layout.firstBlock(group + 1) - layout.firstFree(group));
        }
        // The root, lost+found, and the journal.
        int rest = free - 1 - 4 - Journal.blocks(layout);
        for (int tooMany = 0; tooMany < 2; tooMany++) {
            Files.deleteIfExists(folder.resolve("image"));
            int blocks = rest + tooMany;
            Contents all = writer -> {
                int left = blocks;
                for (int i = 0; left > 0; i++) {
                    int part = Math.min(left, 1000);
                    writer.file("f" + i, 0644, new byte[part * 4096]);
                    left -= part;
                }
            };
            if (tooMany == 0) {
                make(64 << 20, 2048, all);
                String said = check();
                assertTrue(said.contains("16384/16384 blocks"), said);
            } else {
                String message = assertThrows(IOException.class, () -> make(64 << 20, 2048, all))
                        .getMessage();
                assertTrue(message.contains("of 67108864 bytes is too small"), message);
            }
        }
    }

    @Test
    void whatCannotBeWrittenIsRefusedWithItsName() throws Exception {
        make(64 << 20, 1024, writer -> {
            refused("no/file: its folder", () -> writer.file("no/file", 0644, new byte[0]));
            refused("'" + "n".repeat(256) + "' does not", () -> writer.directory("n".repeat(256), 0755));
            refused("'..' does not", () -> writer.directory("..", 0755));
            writer.file("a", 0644, new byte[1]);
            refused("a: it is there already", () -> writer.symbolicLink("a", "b"));
            refused("link's target of 4096 bytes", () -> writer.symbolicLink("b", "t".repeat(4096)));
            refused("at most 4 are written", () -> writer.file("c", 0644, new byte[18 << 20]));
        });
    }

    /** Writes something that is refused. */
    @FunctionalInterface
    private interface Writing {
        void write() throws IOException;
    }

    private static void refused(String why, Writing writing) {
        String message = assertThrows(IOException.class, writing::write).getMessage();
        assertTrue(message.contains(why), message);
    }
}
