package dev.backplane.machine.pc.internal.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.part.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class LoadersFuzzTest {
    @TempDir
    static Path folder;

    @FuzzTest(maxDuration = "60s")
    void aKernelIsLoadedOrRefused(byte[] kernel) throws Exception {
        try {
            new TestBoot().load(kernel);
        } catch (ConfigurationException expected) {
            // The only way to refuse a file.
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anInitialRamDiskIsLoadedOrRefused(byte[] initrd) throws Exception {
        TestBoot boot = new TestBoot();
        boot.initrd = Optional.of(Files.write(folder.resolve("initrd"), initrd));
        try {
            boot.load(TestImages.elf64(false));
        } catch (ConfigurationException expected) {
            // The only way to refuse a file.
        }
    }
}
