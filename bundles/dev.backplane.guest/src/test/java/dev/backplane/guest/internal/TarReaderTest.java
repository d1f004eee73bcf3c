package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"ustar", "gnu", "pax", "v7"})
    void archiveMadeByTarHasTheSameFiles(String format) throws Exception {
        String tar = Tools.require("tar");
        boolean longNames = format.equals("gnu") || format.equals("pax");
        Map<String, String> files = new TreeMap<>();
        files.put("tree/one", "1");
        files.put("tree/empty", "");
        files.put("tree/" + "d".repeat(70) + "/block", "x".repeat(512));
        if (!format.equals("v7")) {
            files.put("tree/" + "e".repeat(90) + "/" + "f".repeat(80), "split between name and prefix");
        }
        if (longNames) {
            files.put("tree/" + "\u00e4\u00f6\u00fc/".repeat(40) + "g".repeat(150), "long");
        }
        for (var file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        String target = longNames ? "t".repeat(150) : "target";
        Files.createSymbolicLink(folder.resolve("tree/link"), Path.of(target));
        Tools.run(folder, tar, "--format=" + format, "--sort=name", "-cf", "archive.tar", "tree");
        Map<String, String> found = new TreeMap<>();
        TarReader reader = reader(Files.readAllBytes(folder.resolve("archive.tar")));
        for (TarReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
            if (entry.isFile()) {
                found.put(entry.name(), content(entry));
            } else if (entry.type() == '2') {
                assertEquals("tree/link", entry.name());
                assertEquals(target, entry.linkTarget());
            } else {
                assertTrue(entry.name().endsWith("/"), entry.name());
            }
        }
        assertEquals(files, found);
    }

    @Test
    void archiveCutInsideAnEntryIsAnError() {
        byte[] archive = Packages.tar("one", new byte[700], "two", new byte[1]);
        // From 2560 on only the empty blocks at the end are missing.
        for (int cut = 1; cut < 2560; cut++) {
            if (cut == 1536) {
                continue; // a whole entry, and nothing behind it
            }
            byte[] bytes = Arrays.copyOf(archive, cut);
            assertThrows(IOException.class, () -> readAll(bytes), "cut at " + cut);
        }
    }

    @Test
    void changedHeaderIsRefusedByItsChecksum() {
        byte[] archive = Packages.tar("one", new byte[10]);
        archive[130] ^= 1;
        assertThrows(IOException.class, () -> readAll(archive));
    }

    @Test
    void negativeSizeInGnusBinaryFormIsRefused() {
        byte[] header = Packages.tarHeader("one", 0);
        Arrays.fill(header, 124, 136, (byte) 0xff);
        refused(header);
    }

    @Test
    void sizeInGnusBinaryFormIsRead() throws Exception {
        byte[] header = Packages.tarHeader("one", 0);
        Arrays.fill(header, 124, 136, (byte) 0);
        header[124] = (byte) 0x80;
        header[130] = 3; // 3 * 2^40
        sum(header);
        assertEquals(3L << 40, reader(header).next().length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5 a=b\n",
                "6 a=b",
                "0 a=b\n",
                "x a=b\n",
                "99 a=b\n",
                "4 a\n",
                "5 =b\n",
                "2 \n",
                "999999999999 a=b\n"
            })
    void malformedPaxHeaderIsRefused(String record) {
        byte[] archive = Packages.tar("pax", Packages.ascii(record), "one", new byte[1]);
        archive[156] = 'x';
        sum(archive);
        assertThrows(IOException.class, () -> readAll(archive));
    }

    @Test
    void endlessLongNameIsRefusedBeforeItIsRead() {
        byte[] header = Packages.tarHeader("././@LongLink", 0777_7777_7777L);
        header[156] = 'L';
        refused(header);
    }

    private static void refused(byte[] header) {
        sum(header);
        assertThrows(IOException.class, () -> readAll(header));
    }

    /** Makes the first header's checksum right again. */
    private static void sum(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += header[i] & 0xff;
        }
        byte[] digits = Packages.ascii(String.format("%06o\0", sum));
        System.arraycopy(digits, 0, header, 148, digits.length);
    }

    private static void readAll(byte[] archive) throws IOException {
        TarReader reader = reader(archive);
        for (TarReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
            entry.content().readAllBytes();
        }
    }

    private static TarReader reader(byte[] archive) {
        return new TarReader(new ByteArrayInputStream(archive));
    }

    private static String content(TarReader.Entry entry) throws IOException {
        return new String(entry.content().readAllBytes(), StandardCharsets.UTF_8);
    }
}
