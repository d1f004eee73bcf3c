package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpioWriterTest {
    @TempDir
    Path folder;

    @Test
    void archiveIsUnpackedByCpio() throws Exception {
        String cpio = Tools.require("cpio");
        Files.write(folder.resolve("archive"), archive());
        String listing = Tools.run(folder, cpio, "-itvF", "archive");
        assertTrue(listing.contains("crw-------"), listing);
        Tools.run(folder, cpio, "-idF", "archive", "etc*", "link");
        assertEquals("abc", Files.readString(folder.resolve("etc/file")));
        assertEquals(
                "rwxr-x---", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("etc/file"))));
        assertEquals(Path.of("etc/file"), Files.readSymbolicLink(folder.resolve("link")));
        assertTrue(Files.isDirectory(folder.resolve("etc"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void everyHeaderAndContentLiesAtAMultipleOfFour() throws Exception {
        byte[] archive = archive();
        List<String> names = new ArrayList<>();
        int position = 0;
        while (names.isEmpty() || !names.getLast().equals("TRAILER!!!")) {
            assertEquals("070701", text(archive, position, 6));
            int length = Integer.parseInt(text(archive, position + 54, 8), 16);
            int nameLength = Integer.parseInt(text(archive, position + 94, 8), 16);
            names.add(text(archive, position + 110, nameLength - 1));
            assertEquals(0, archive[position + 110 + nameLength - 1]);
            position = position + 110 + nameLength + 3 & -4;
            position = position + length + 3 & -4;
        }
        assertEquals(List.of("etc", "etc/file", "link", "console", "TRAILER!!!"), names);
        assertEquals(0, archive.length % 512);
    }

    @Test
    void sameCallsMakeTheSameBytes() throws Exception {
        assertArrayEquals(archive(), archive());
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CpioWriter cpio = new CpioWriter(out);
        cpio.directory("etc", 0755);
        cpio.file("etc/file", 0750, Packages.ascii("abc"));
        cpio.symbolicLink("link", "etc/file");
        cpio.characterDevice("console", 0600, 5, 1);
        cpio.finish();
        return out.toByteArray();
    }

    private static String text(byte[] archive, int offset, int length) {
        return new String(archive, offset, length, StandardCharsets.US_ASCII);
    }
}
