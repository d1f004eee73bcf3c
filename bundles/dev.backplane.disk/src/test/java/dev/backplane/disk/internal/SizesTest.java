package dev.backplane.disk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SizesTest {
    @Test
    void sizesAreReadAndWrittenAsQemuImgDoes() {
        assertEquals(Optional.of(1L << 30), Sizes.parse("1G"));
        assertEquals(Optional.of(1536L), Sizes.parse("1.5k"));
        assertEquals(Optional.of(512L), Sizes.parse("512"));
        assertEquals(Optional.of(512L), Sizes.parse("512b"));
        for (String wrong : new String[] {"", "-1", "1X", "9E9", "99999999999999999999", "1.5", "8E"}) {
            assertEquals(Optional.empty(), Sizes.parse(wrong), wrong);
        }
        assertEquals("0 B", Sizes.text(0));
        assertEquals("512 B", Sizes.text(512));
        assertEquals("1.5 GiB", Sizes.text(3L << 29));
        assertEquals("196 KiB", Sizes.text(196 << 10));
    }

    @Test
    void optionsAreReadInQemusSpellingAndInOurs() throws Exception {
        assertEquals(
                Map.of("clusterSize", "64KiB", "extendedL2", "on", "dataFile", "a,b", "compat", "1.1"),
                OptionText.parse(List.of("cluster_size=64k,extended_l2=on", "dataFile=a,,b,compat=1.1")));
    }
}
