package dev.backplane.bench.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The binaries in the bundle against their sources. */
class GuestProgramsTest {
    @TempDir
    Path folder;

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), command + ":\n" + text);
        return text;
    }

    private static boolean installed(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(part -> Files.isExecutable(Path.of(part, program)));
    }

    @Test
    void everyWorkloadButTheBootHasKernelsWithChecksums() throws IOException {
        var programs = new Programs();
        for (Workload workload : Workload.values()) {
            assertEquals(workload == Workload.BOOT, programs.of(workload).isEmpty(), workload.word());
            for (Figures.Item item : programs.of(workload)) {
                assertTrue(programs.checksum(item).matches("[0-9a-f]{16}"), item.name());
            }
        }
    }

    @Test
    void sourcesBuildAndTheirKernelsGiveTheChecksumsOfTheTable() throws Exception {
        assumeTrue(installed("gcc") && installed("ld") && installed("strip"), "gcc and binutils are not installed");
        run(List.of("sh", Path.of("src/main/guest/build").toAbsolutePath().toString(), folder.toString()));
        Map<String, String> built = new TreeMap<>();
        for (String line :
                run(List.of(folder.resolve("hosted").toString())).lines().toList()) {
            String[] words = line.split(" ");
            built.put(words[0] + " " + words[1], words[2]);
        }
        var programs = new Programs();
        Map<String, String> table = new TreeMap<>();
        for (Workload workload : Workload.values()) {
            for (Figures.Item item : programs.of(workload)) {
                if (workload != Workload.LINUX && workload != Workload.SMP) {
                    table.put(workload.word() + " " + item.name(), programs.checksum(item));
                }
            }
        }
        assertEquals(table, built, "kernels.txt is not what the sources give: build them and copy the results");
        // Another compiler makes other code of the same sources, which is no fault.
        compare("kernels.elf", programs.kernels());
        compare("linux.elf", programs.linux());
    }

    private void compare(String name, byte[] committed) throws IOException {
        byte[] built = Files.readAllBytes(folder.resolve(name));
        assertFalse(built.length == 0, name);
        if (!Arrays.equals(built, committed)) {
            System.out.println(
                    name + ": the compiler here makes other code than that in the tree, with the same results");
        }
    }
}
