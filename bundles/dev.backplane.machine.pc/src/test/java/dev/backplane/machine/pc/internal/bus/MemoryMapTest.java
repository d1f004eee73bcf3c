package dev.backplane.machine.pc.internal.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryMapTest {
    @Test
    void ramBelowTheHoleIsOneRangeOnEachSideOfTheVideoWindow() throws Exception {
        assertEquals(
                List.of(new RamRange(0, 0xa0000), new RamRange(0xc0000, (256L << 20) - 0xc0000)),
                MemoryMap.ram(256L << 20));
    }

    @Test
    void ramGoesOnAtFourGibibytesBehindTheHole() throws Exception {
        List<RamRange> ranges = MemoryMap.ram(4L << 30);
        assertEquals(0xc000_0000L, ranges.get(1).end());
        assertEquals(new RamRange(0x1_0000_0000L, 1L << 30), ranges.get(2));
    }

    @Test
    void exactlyThreeGibibytesHaveNothingBehindTheHole() throws Exception {
        assertEquals(2, MemoryMap.ram(3L << 30).size());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 4096, (1L << 20) - 4096, (512L << 30) + 4096, Long.MAX_VALUE, Long.MIN_VALUE})
    void sizesOutOfBoundsAreRefusedWithTheBounds(long bytes) {
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> MemoryMap.ram(bytes));
        assertTrue(e.getMessage().contains("1 MiB to 512 GiB"), e.getMessage());
    }

    @Test
    void aPartOfAPageIsRefusedWithTheNextSizeThatFits() {
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> MemoryMap.ram((1 << 20) + 1));
        assertTrue(e.getMessage().contains(String.valueOf((1 << 20) + 4096)), e.getMessage());
    }
}
