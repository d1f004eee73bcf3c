package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArReaderTest {
    @TempDir
    Path folder;

    @Test
    void archiveMadeByArHasTheSameFiles() throws Exception {
        String ar = Tools.require("ar");
        Map<String, String> files = new LinkedHashMap<>();
        files.put("debian-binary", "2.0\n");
        files.put("odd", "abc");
        files.put("empty", "");
        files.put("a-name-that-is-longer-than-sixteen-bytes", "long");
        for (var file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
            Tools.run(folder, ar, "qD", "archive.a", file.getKey());
        }
        assertEquals(files, read(Files.readAllBytes(folder.resolve("archive.a"))));
    }

    @Test
    void nextFileIsFoundWhenTheOneBeforeWasNotRead() throws Exception {
        byte[] archive = Packages.ar("one", bytes("12345"), "two", bytes("67"));
        ArReader reader = new ArReader(new ByteArrayInputStream(archive));
        reader.next();
        ArReader.Member second = reader.next();
        assertEquals("two", second.name());
        assertEquals("67", new String(second.content().readAllBytes(), StandardCharsets.US_ASCII));
    }

    @Test
    void archiveCutAnywhereIsAnErrorOrShorter() throws Exception {
        byte[] archive = Packages.ar("one", bytes("12345"), "two", bytes("67"));
        // At 74 the first file is complete but for its padding, at 136 there is nothing to cut.
        for (int length = 0; length < archive.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(archive, length);
            if (length == 8) {
                assertEquals(Map.of(), read(cut));
            } else if (length == 73 || length == 74) {
                assertEquals(Map.of("one", "12345"), read(cut));
            } else {
                assertThrows(IOException.class, () -> read(cut), "cut at " + length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "99999999999", "0x10", "1 2", ""})
    void lengthThatIsNoNumberIsRefused(String length) {
        String header = String.format("%-16s%-12s%-6s%-6s%-8s%-10s`\n", "one", 0, 0, 0, 100644, length);
        assertThrows(IOException.class, () -> read(bytes("!<arch>\n" + header + "data")));
    }

    @Test
    void longNameOutsideTheTableIsRefused() {
        byte[] archive = Packages.ar("/17", bytes("x"));
        assertThrows(IOException.class, () -> read(archive));
    }

    private static Map<String, String> read(byte[] archive) throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        try (InputStream in = new ByteArrayInputStream(archive)) {
            ArReader reader = new ArReader(in);
            for (ArReader.Member member = reader.next(); member != null; member = reader.next()) {
                files.put(member.name(), new String(member.content().readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return files;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
