package dev.backplane.kernel.internal.file;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class VmFileFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void aVmFileIsReadOrRefusedWithItsName(byte[] text) {
        VmSource source = new VmSource(
                "vm.yaml", new String(text, StandardCharsets.UTF_8), Path.of("/vm"), Map.of("cpu.type", "soft"));
        try {
            VmFileReader.read(source);
        } catch (ConfigurationException refused) {
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.startsWith("vm.yaml") || message.startsWith("cpu.type: "), message);
        }
    }
}
