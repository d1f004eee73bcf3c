package dev.backplane.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TablesTest {
    private static final ByteOrder ORDER = ByteOrder.BIG_ENDIAN;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);

    private final MemoryStorage file = new MemoryStorage();
    private final ImageBytes image = new ImageBytes(file);

    @Test
    void entriesOfFourBytesHaveNoSign() throws Exception {
        TableArray table = new TableArray(image, ORDER, 100, 10, 4);
        table.set(3, -2);
        assertEquals(0xffff_fffeL, table.get(3));
        TableArray longs = new TableArray(image, ORDER, 200, 10, 8);
        longs.set(9, -2);
        assertEquals(-2, longs.get(9));
    }

    @Test
    void whatIsBehindATableIsNotWritten() throws Exception {
        // The last page has two entries.
        TableArray table = new TableArray(image, ORDER, 100, 1026, 4);
        table.set(1025, 7);
        file.bytes().set(INT, 100 + 1026 * 4, 9);
        table.pages().write();
        assertEquals(7, file.bytes().get(INT, 100 + 1025 * 4));
        assertEquals(9, file.bytes().get(INT, 100 + 1026 * 4));
        assertThrows(IndexOutOfBoundsException.class, () -> table.get(1026));
        assertThrows(IndexOutOfBoundsException.class, () -> table.set(-1, 0));
    }

    @Test
    void aWalkShowsWhatTheImageHasAndNoMore() throws Exception {
        file.resize(100_006);
        file.bytes().set(INT, 4, 5);
        List<Long> shown = new ArrayList<>();
        new TableArray(new ImageBytes(file), ORDER, 0, 1L << 40, 4).walk((index, value) -> {
            assertEquals(shown.size(), index);
            shown.add(value);
        });
        assertEquals(25_001, shown.size());
        assertEquals(5, shown.get(1));
    }

    @Test
    void pagesThatHaveChangedAreKeptUntilTheyAreWritten() throws Exception {
        TablePages pages = new TablePages(image, ORDER, 2);
        pages.change(0, 512).putInt(0, 1);
        pages.change(512, 512).putInt(0, 2);
        for (int i = 2; i < 100; i++) {
            pages.page(i * 512L, 512);
        }
        assertEquals(2, pages.changes());
        file.fail(Kind.IO);
        assertThrows(StorageException.class, pages::write);
        assertEquals(2, pages.changes());
        file.fail(null);
        pages.write();
        assertEquals(0, pages.changes());
        assertEquals(1, file.bytes().get(INT, 0));
        assertEquals(2, file.bytes().get(INT, 512));
        // Those that have not are forgotten: the image is read again.
        file.bytes().set(INT, 2 * 512, 8);
        assertEquals(8, pages.page(2 * 512, 512).getInt(0));
    }

    @Test
    void blocksThatOverlapOrCannotBeThereAreFound() {
        CheckTally tally = new CheckTally(CheckMode.REPORT);
        BlockCheck check = new BlockCheck(tally, 100, 1000, 50);
        check.block(0, 500);
        check.block(1, 549);
        check.block(2, 99);
        check.block(3, 1000);
        check.block(4, 100);
        check.finish();
        assertEquals(599, check.behind());
        CheckReport report = tally.report(9);
        assertEquals(3, report.corruptions());
        assertEquals(3, report.allocatedUnits());
        assertEquals(2, report.fragmentedUnits());
        assertEquals(599, report.imageEndOffset().orElseThrow());
    }

    @Test
    void aTableWithMoreBlocksThanTheImageIsNotRemembered() {
        CheckTally tally = new CheckTally(CheckMode.REPORT);
        BlockCheck check = new BlockCheck(tally, 0, 1000, 100);
        for (int i = 0; i < 1_000_000; i++) {
            check.block(i, 0);
        }
        check.finish();
        assertTrue(tally.report(9).corruptions() < 20);
        assertTrue(tally.report(9).corruptions() > 1);
    }

    @Test
    void whatIsRepairedDependsOnTheMode() {
        CheckTally leaks = new CheckTally(CheckMode.REPAIR_LEAKS);
        assertTrue(leaks.leak(3, "three"));
        assertEquals(false, leaks.corruption("one"));
        CheckTally all = new CheckTally(CheckMode.REPAIR_ALL);
        assertTrue(all.corruption("one"));
        all.beyondRepair("two");
        assertEquals(3, leaks.report(0).leaksFixed());
        assertEquals(1, leaks.report(0).corruptions());
        assertEquals(1, all.report(0).corruptionsFixed());
        assertEquals(List.of("one", "two"), all.report(0).messages());
    }
}
