package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * Machines that print the alphabet for ever, each on a serial port into a file beside its VM file: whatever becomes of the port's plugin, no
 * letter is lost and none comes twice.
 */
record AlphabetMachines(Path folder) {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Writes a machine's file, {@code NAME.yaml}; more devices are lines of YAML. */
    void write(String name, String... devices) throws IOException {
        var sector = new BootSector()
                .code(0xb3, 'a') // mov bl, 'a'
                .code(0xba, 0xf8, 0x03, 0x88, 0xd8, 0xee) // again: mov dx, 0x3f8; mov al, bl; out dx, al
                .code(
                        0xfe, 0xc3, 0x80, 0xfb, 'z' + 1, 0x75, 0x02, 0xb3,
                        'a') // inc bl; cmp bl, 'z' + 1; jne; mov bl, 'a'
                .code(0xb9, 0xff, 0xff, 0xe2, 0xfe) // mov cx, 0xffff; loop $
                .code(0xeb, 0xea); // jmp again
        var file = Files.writeString(folder.resolve(name + ".yaml"), """
                name: %s
                memory: 16MiB
                cpu: soft
                boot: {kernel: %s}
                devices:
                  - {type: serial-16550, id: com1, console: {type: file, path: %s.txt}}
                """.formatted(
                        name, sector.in(folder).getFileName(), name));
        for (var device : devices) {
            Files.writeString(file, "  - " + device + "\n", StandardOpenOption.APPEND);
        }
    }

    /** Each of them prints on. */
    void await(List<String> names) throws IOException, InterruptedException {
        for (var name : names) {
            long before = letters(name);
            for (long end = System.nanoTime() + PATIENCE.toNanos(); letters(name) <= before + 30; Thread.sleep(50)) {
                assertTrue(System.nanoTime() < end, name + " prints on");
            }
        }
    }

    private Path text(String name) {
        return folder.resolve(name + ".txt");
    }

    private long letters(String name) throws IOException {
        return Files.exists(text(name)) ? Files.size(text(name)) : 0;
    }

    /** What was printed was right. It is forgotten: the next run prints from the beginning. */
    void end(List<String> names) throws IOException {
        for (var name : names) {
            var text = Files.readString(text(name));
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) != 'a' + i % 26) {
                    throw new AssertionError("letter %d of %d of %s is %s: %s | %s"
                            .formatted(
                                    i,
                                    text.length(),
                                    name,
                                    text.charAt(i),
                                    text.substring(Math.max(0, i - 40), i),
                                    text.substring(i, Math.min(i + 40, text.length()))));
                }
            }
            Files.delete(text(name));
        }
    }
}
