package dev.backplane.itests.outside;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.TreeSet;

/** Archives that are put behind the demo's initramfs. */
final class Initramfs {
    private Initramfs() {}

    /** A cpio archive in the form that Linux unpacks ("newc"): folders, then files. */
    static void write(TreeMap<String, Path> files, OutputStream out) throws IOException {
        var folders = new TreeSet<String>();
        for (String name : files.keySet()) {
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                folders.add(name.substring(0, slash));
            }
        }
        for (String folder : folders) {
            entry(folder, 0040755, new byte[0], out);
        }
        for (var file : files.entrySet()) {
            entry(file.getKey(), 0100755, Files.readAllBytes(file.getValue()), out);
        }
        entry("TRAILER!!!", 0, new byte[0], out);
    }

    private static void entry(String name, int mode, byte[] content, OutputStream out) throws IOException {
        int[] fields = {0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
        var header = new StringBuilder("070701");
        for (int field : fields) {
            header.append("%08x".formatted(field));
        }
        header.append(name).append('\0');
        while (header.length() % 4 != 0) {
            header.append('\0');
        }
        out.write(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.write(content);
        out.write(new byte[-content.length & 3]);
    }
}
