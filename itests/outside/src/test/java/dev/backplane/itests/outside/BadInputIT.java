package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not what they should be: one line that names the file, before anything is booted. */
class BadInputIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long SEED = 20250101;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 512, 100_000})
    void kernelOfRandomBytes(int length) throws IOException {
        assertRefused("kernel: ", random(length), DebianGuest.initrd(), "none of", "bzImage", "multiboot");
    }

    @Test
    void emptyKernel() throws IOException {
        assertRefused("kernel: ", random(0), DebianGuest.initrd(), "empty");
    }

    @ParameterizedTest
    @ValueSource(ints = {600, 1_000_000})
    void truncatedKernel(int length) throws IOException {
        assertRefused("kernel: ", truncated(DebianGuest.kernel(), length), DebianGuest.initrd());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x202, 20_000, 1_000_000})
    void kernelWithAFlippedBit(int position) throws IOException {
        assertRefused("kernel: ", flipped(DebianGuest.kernel(), position), DebianGuest.initrd());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000})
    void initramfsOfRandomBytes(int length) throws IOException {
        assertRefused("initrd: ", DebianGuest.kernel(), random(length));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 5_000, 1_000_000})
    void truncatedInitramfs(int length) throws IOException {
        assertRefused("initrd: ", DebianGuest.kernel(), truncated(DebianGuest.initrd(), length), "truncated");
    }

    @Test
    void elfWhoseHeaderPromisesMoreThanThereIs() throws IOException {
        byte[] elf = Arrays.copyOf(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}, 64);
        elf[16] = 2; // an executable
        elf[18] = 62; // x86-64
        elf[20] = 1;
        elf[32] = 64; // program headers
        elf[52] = 64;
        elf[54] = 56;
        elf[56] = (byte) 0xff; // 255 of them
        assertRefused("kernel: ", Files.write(folder.resolve("elf"), elf), DebianGuest.initrd());
    }

    @Test
    void missingKernelAndInitrd() throws IOException {
        var none = folder.resolve("none");
        assertEquals(
                "backplane: " + none + ": there is no such file\n",
                refused(none, DebianGuest.initrd()).errors());
        assertEquals(
                "backplane: " + none + ": there is no such file\n",
                refused(DebianGuest.kernel(), none).errors());
    }

    @Test
    void kernelThatNeedsMoreMemoryThanThereIs() throws IOException {
        var result = Backplane.run(
                TIMEOUT, "run", vmFile("memory: 16MiB\nboot: {kernel: \"" + DebianGuest.kernel() + "\"}"));
        result.assertStatus(1);
        assertTrue(result.errors().contains("give the machine more memory"), result.errors());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "boot: {kernel: x}                                   | memory            | missing",
                "memory: 16MB\\nboot: {kernel: x}                    | :2:9: memory      | 256MiB",
                "memory: 16MiB\\nboot: {kernel: x}\\nmeory: 1        | meory             | unknown key",
                "memory: 16MiB\\nboot: {kernel: x}\\ncpu: {type: z80}| cpu.type          | z80",
                "memory: 16MiB\\ncpu: {type: soft, model: 8086}\\nboot: {kernel: x} | :3:13: cpu.model  | x86-64-v2",
                "memory: 16MiB\\nboot: {kernel: nosuchfile}          | nosuchfile        | no such file",
            })
    void vmFileWithAMistake(String text, String place, String expected) throws IOException {
        var result = Backplane.run(TIMEOUT, "run", vmFile(text.replace("\\n", "\n")));
        result.assertStatus(1);
        assertEquals("", result.text());
        assertEquals(1, result.errors().lines().count(), result.errors());
        assertTrue(result.errors().contains(place), result.errors());
        assertTrue(result.errors().contains(expected), result.errors());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{type: toaster, id: a}                                              | toaster | offered are",
                "{type: serial-16550, id: a, console: teletype}                      | teletype| offered are",
                "{type: serial-16550, id: a, com: 5}                                 | com     | from 1 to 4",
                "{type: serial-16550, id: a}, {type: serial-16550, id: b}            | a       | b",
                "{type: serial-16550, id: a}, {type: rtc-cmos, id: a}                | \"a\"   | identifier",
                "{type: serial-16550, id: a, console: {type: file, path: no/dir/x}}  | no/dir/x| no/dir",
            })
    void deviceWithAMistake(String devices, String place, String expected) throws IOException {
        var sector = new BootSector().debugExit(0xf4, 0).in(folder);
        var result = Backplane.run(
                TIMEOUT, "run", vmFile("memory: 16MiB\nboot: {kernel: " + sector + "}\ndevices: [" + devices + "]"));
        result.assertStatus(1);
        assertEquals("", result.text());
        assertEquals(1, result.errors().lines().count(), result.errors());
        assertTrue(result.errors().contains(place), result.errors());
        assertTrue(result.errors().contains(expected), result.errors());
    }

    @Test
    void vmFileThatIsABinary() throws IOException {
        var result = Backplane.run(TIMEOUT, "run", random(1000).toString());
        result.assertStatus(1);
        assertEquals(1, result.errors().lines().count(), result.errors());
    }

    @Test
    void debugShowsWhereAnErrorComesFrom() throws IOException {
        var result = Backplane.run(TIMEOUT, "run", "--debug", vmFile("memory: 16MiB\nboot: {kernel: nosuchfile}"));
        assertEquals(1, result.status());
        assertTrue(result.errors().contains("\tat dev.backplane."), result.errors());
    }

    private String vmFile(String text) throws IOException {
        return Files.writeString(folder.resolve("vm.yaml"), "name: vm\n" + text + "\n")
                .toString();
    }

    private Path random(int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(SEED + length).nextBytes(bytes);
        return Files.write(folder.resolve("random"), bytes);
    }

    private Path truncated(Path file, int length) throws IOException {
        return Files.write(folder.resolve("truncated"), Arrays.copyOf(Files.readAllBytes(file), length));
    }

    private Path flipped(Path file, int position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 0x10;
        return Files.write(folder.resolve("flipped"), bytes);
    }

    private Backplane.Result refused(Path kernel, Path initrd) {
        var result = Backplane.run(
                TIMEOUT, "demo", "--kernel", kernel.toString(), "--initrd", initrd.toString(), "--timeout", "20");
        result.assertStatus(1);
        assertEquals("", result.text());
        return result;
    }

    private void assertRefused(String prefix, Path kernel, Path initrd, String... expected) {
        var errors = refused(kernel, initrd).errors();
        var last = errors.lines().toList().getLast();
        assertTrue(last.startsWith("backplane: boot: " + prefix + (prefix.startsWith("k") ? kernel : initrd)), errors);
        for (var text : expected) {
            assertTrue(last.contains(text), errors);
        }
    }
}
