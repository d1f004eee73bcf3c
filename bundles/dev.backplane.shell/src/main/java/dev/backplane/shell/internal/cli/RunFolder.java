package dev.backplane.shell.internal.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of one run of the demo, in a folder of its own that only this user can read; removed in the end. */
record RunFolder(Path folder) implements AutoCloseable {
    private static final int TAIL_BYTES = 4096;

    static RunFolder create() throws IOException {
        return new RunFolder(Files.createTempDirectory("backplane-"));
    }

    /** The guest's initramfs with the command. */
    Path initrd() {
        return folder.resolve("initrd");
    }

    /** The far end of the second serial port. */
    Path socket() {
        return folder.resolve("com2");
    }

    /** What the first serial port prints: the kernel's messages. */
    Path messages() {
        return folder.resolve("com1.log");
    }

    /** What the guest writes to its disk, where that is not kept. */
    Path disk() {
        return folder.resolve("disk.qcow2");
    }

    /** The last lines of the kernel's messages, empty if there are none. */
    String lastMessages(int lines) {
        try (RandomAccessFile file = new RandomAccessFile(messages().toFile(), "r")) {
            byte[] tail = new byte[(int) Math.min(TAIL_BYTES, file.length())];
            file.seek(file.length() - tail.length);
            file.readFully(tail);
            // Whatever the guest wrote, it gives no orders to this terminal.
            String text = new String(tail, StandardCharsets.ISO_8859_1).replaceAll("[^\\n -~]", "");
            List<String> all = text.lines().filter(line -> !line.isBlank()).toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        for (Path file : List.of(initrd(), socket(), messages(), disk())) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
    }
}
