package dev.backplane.bench.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.system.CpuModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private static final CpuModel MODEL = CpuModel.named("x86-64-v2").orElseThrow();
    private static final Figures.Item SORT = new Figures.Item(Workload.INTEGER, "sort");
    private static final Figures.Item HASH = new Figures.Item(Workload.INTEGER, "hash");

    private final Contestant own = new BackplaneContestant(Path.of("backplane"), "own", MODEL.name());
    private final Contestant slow = new QemuContestant(Path.of("qemu"), "slow", MODEL, 1);
    private final Contestant fast = new QemuContestant(Path.of("qemu"), "fast", MODEL, 1);
    private final Figures figures = new Figures(List.of(own, slow, fast), Span.Clock.WALL);

    private static Pass pass(int number, long millis) {
        return new Pass("sort", number, 2, new Span(millis * 1_000_000, 0), "");
    }

    @Test
    void ratioIsAgainstTheFasterReferenceByMediansOfBestPasses() {
        for (long extra : new long[] {0, 2, 100}) {
            figures.add(own, SORT, List.of(pass(1, 40 + extra), pass(2, 10 + extra)));
        }
        figures.add(slow, SORT, 30, 30);
        figures.add(fast, SORT, 12, 21);
        assertEquals(new Sample(3, 6, 5, 55), figures.best(SORT, own).orElseThrow());
        assertEquals(0.5, figures.ratio(SORT, own, true).getAsDouble());
        assertEquals(1.0, figures.ratio(SORT, own, false).getAsDouble());
    }

    @Test
    void meanOfAWorkloadIsGeometricAndMissingWhereAKernelIs() {
        figures.add(own, SORT, 1, 1);
        figures.add(fast, SORT, 4, 4);
        figures.add(own, HASH, 1, 1);
        assertTrue(figures.mean(Workload.INTEGER, own, true).isEmpty());
        figures.add(slow, HASH, 1, 1);
        assertEquals(0.5, figures.mean(Workload.INTEGER, own, true).getAsDouble(), 1e-9);
    }

    @Test
    void reportsNameWhatWasNotCountedAndTheRatios() {
        figures.add(own, SORT, 1, 2);
        figures.add(fast, SORT, 4, 4);
        figures.remark("own, \"run\" 2: WRONG RESULT");
        String text = TextReport.of(figures, "about");
        assertTrue(text.contains("0.250   0.500"), text);
        assertTrue(text.contains("WRONG RESULT"), text);
        String json = JsonReport.of(figures, Map.of("model", "v2"));
        assertTrue(json.contains("\"ratios\": {\"own\": {\"best\": 0.2500, \"first\": 0.5000}}"), json);
        assertTrue(json.contains("\"own, \\\"run\\\" 2: WRONG RESULT\""), json);
    }

    @Test
    void twoVcpusThatDoNotDisturbEachOtherDoTwiceTheWork() {
        figures.add(own, new Figures.Item(Workload.SMP, "alone"), 10, 10);
        assertTrue(figures.sideBySide(own).isEmpty());
        figures.add(own, new Figures.Item(Workload.SMP, "pair"), 12.5, 12.5);
        assertEquals(1.6, figures.sideBySide(own).getAsDouble());
        assertTrue(TextReport.of(figures, "about").contains("1.60"), TextReport.of(figures, "about"));
        assertTrue(JsonReport.of(figures, Map.of()).contains("\"side-by-side\": {\"own\": 1.600}"));
    }

    @Test
    void spreadIsHalfOfTheRange() {
        assertEquals(50, Sample.of(List.of(1.0, 2.0, 3.0)).spreadPercent());
        assertEquals(2.5, Sample.of(List.of(4.0, 1.0, 2.0, 3.0)).median());
    }
}
