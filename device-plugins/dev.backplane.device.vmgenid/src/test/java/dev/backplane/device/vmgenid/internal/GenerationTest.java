package dev.backplane.device.vmgenid.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.device.AcpiObject;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GenerationTest extends DeviceContract<GenerationOptions, GenerationState> {
    private static final GenerationOptions OPTIONS = new GenerationOptions(0xfef0_0000L, 10, Optional.empty());
    private static final GenerationOptions FIXED =
            new GenerationOptions(0xfef0_0000L, 10, Optional.of("00112233-4455-6677-8899-AAbbccddeeff"));

    @Override
    protected DeviceFactory<GenerationOptions, GenerationState> factory() {
        return new GenerationFactory();
    }

    @Override
    protected GenerationOptions options() {
        return FIXED;
    }

    @Override
    protected void use(DeviceBench<GenerationOptions, GenerationState> bench) {
        bench.write(GenerationFactory.WINDOW, 0, 8, 42);
    }

    @Override
    protected List<?> observe(DeviceBench<GenerationOptions, GenerationState> bench) {
        return List.of(
                bench.read(GenerationFactory.WINDOW, 0, 8),
                bench.read(GenerationFactory.WINDOW, 8, 8),
                bench.read(GenerationFactory.WINDOW, 16, 8));
    }

    private static String identifier(DeviceBench<?, ?> bench) {
        return "%016x%016x"
                .formatted(bench.read(GenerationFactory.WINDOW, 8, 8), bench.read(GenerationFactory.WINDOW, 0, 8));
    }

    @ParameterizedTest
    @EnumSource
    void onlyACloneAndASnapshotAreAnotherGenerationAndTheGuestIsTold(Cause cause) {
        try (var bench = DeviceBench.plug(factory(), OPTIONS)) {
            String before = identifier(bench);
            bench.quiesce();
            bench.resume(new Resumption(cause, Duration.ofSeconds(1)));
            boolean another = cause == Cause.CLONE || cause == Cause.SNAPSHOT;
            assertEquals(!another, before.equals(identifier(bench)));
            assertEquals(another ? 1 : 0, bench.line(GenerationFactory.CHANGED).edges());
        }
    }

    @Test
    void itReadsTheSameInAccessesOfEverySizeAndNobodyWritesIt() {
        try (var bench = DeviceBench.plug(factory(), OPTIONS)) {
            String whole = identifier(bench);
            bench.write(GenerationFactory.WINDOW, 0, 8, -1);
            for (int size : new int[] {1, 2, 4, 8}) {
                StringBuilder pieces = new StringBuilder();
                for (int at = 16 - size; at >= 0; at -= size) {
                    long value = bench.read(GenerationFactory.WINDOW, at, size);
                    pieces.append(("%0" + 2 * size + "x").formatted(value));
                }
                assertEquals(whole, pieces.toString());
            }
            assertEquals(
                    Long.parseUnsignedLong(whole.substring(0, 8), 16), bench.read(GenerationFactory.WINDOW, 12, 8));
        }
    }

    @Test
    void twoMachinesHaveTwoIdentifiers() {
        try (var one = DeviceBench.plug(factory(), OPTIONS);
                var other = DeviceBench.plug(factory(), OPTIONS)) {
            assertNotEquals(identifier(one), identifier(other));
        }
    }

    @Test
    void theTablesNameTheAddressInTwoHalves() throws ConfigurationException {
        var shape = factory().shape(new GenerationOptions(0x12_3456_7000L, 5, Optional.empty()));
        assertEquals(
                new AcpiObject("ADDR", List.of(0x3456_7000L, 0x12L)),
                shape.acpi().objects().getLast());
    }

    /** As QEMU and Hyper-V place it. */
    @Test
    void aGuidsFirstThreeFieldsAreLittleEndian() {
        try (var bench = DeviceBench.plug(factory(), FIXED)) {
            assertEquals("ffeeddccbbaa99886677445500112233", identifier(bench));
        }
    }

    @Test
    void anAddressWithinAPageAndWhatIsNoGuidAreRefused() {
        for (GenerationOptions bad : List.of(
                new GenerationOptions(0xfef0_0010L, 5, Optional.empty()),
                new GenerationOptions(0xfef0_0000L, 5, Optional.of("1-2-3-4-5")),
                new GenerationOptions(0xfef0_0000L, 5, Optional.of("")))) {
            assertThrows(ConfigurationException.class, () -> factory().shape(bad));
        }
    }
}
