package dev.backplane.bench.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.system.CpuModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QemuContestantTest {
    @Test
    void featuresOfTheModelAreThereByNameAndNoOthers() {
        Set<String> v1 = Set.of(
                QemuFeatures.of(CpuModel.named("x86-64-v1").orElseThrow()).split(","));
        Set<String> aes = Set.of(
                QemuFeatures.of(CpuModel.named("x86-64-v2-aes").orElseThrow()).split(","));
        assertTrue(aes.containsAll(List.of("+aes", "+sse4.2", "+popcnt", "+lm", "+nx", "+smap", "+erms", "+lahf-lm")));
        assertTrue(v1.containsAll(List.of("+sse2", "+lm", "+syscall")));
        assertFalse(v1.contains("+sse4.1"));
    }

    @Test
    void everyFeatureOfEveryModelHasANameThatQemuKnows() {
        for (CpuModel model : CpuModel.all()) {
            int bits = Integer.bitCount(model.features1Ecx())
                    + Integer.bitCount(model.features1Edx())
                    + Integer.bitCount(model.features7Ebx())
                    + Integer.bitCount(model.features7Ecx())
                    + Integer.bitCount(model.features7Edx())
                    + Integer.bitCount(model.features13Eax())
                    + Integer.bitCount(model.extendedEcx())
                    + Integer.bitCount(model.extendedEdx());
            long names = QemuFeatures.of(model).chars().filter(c -> c == '+').count();
            assertEquals(bits, names, model.name());
        }
    }

    @Test
    void onlyLinuxIsToldTheFrequencyOfTheClock() {
        var qemu = new QemuContestant(
                Path.of("qemu"), "pc", CpuModel.named("x86-64-v2").orElseThrow(), 2_000_000);
        assertTrue(qemu.command(new Job(Path.of("k"), null, "a", 2, true), Path.of("."))
                .contains("a tsc_early_khz=2000000"));
        assertTrue(qemu.command(new Job(Path.of("k"), null, "a", 1, false), Path.of("."))
                .contains("a"));
    }
}
