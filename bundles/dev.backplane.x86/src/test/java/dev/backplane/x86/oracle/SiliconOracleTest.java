package dev.backplane.x86.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.x86.oracle.Laboratory.Trial;
import java.io.IOException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every user-mode form of the opcode table on the host's processor and in the interpreter, from the same random states: general
 * registers, RFLAGS, segment registers, x87, MMX and SSE state, memory around the operands, and the exception with its error
 * code and CR2. What may differ stands in {@code masks.txt}, what is not compared in {@code skips.txt}.
 *
 * <p>{@code -Dbackplane.oracle.cases=100000} states a form instead of 256, {@code -Dbackplane.oracle.seed=7} or {@code random},
 * {@code -Dbackplane.oracle.only=ADD} forms whose name contains the regular expression. What remains
 * behind a fault differs from generation to generation: the interpreter follows Intel's from Sapphire Rapids on, and on older
 * ones such differences are only printed. On other makers' processors all are. {@code -Dbackplane.oracle.strict=true}
 * makes failures of them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SiliconOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", SiliconLayout.BATCH);
    private static final String ONLY = System.getProperty("backplane.oracle.only", "");
    private static final String SEED = System.getProperty("backplane.oracle.seed", "1");

    private final long seed = SEED.equals("random") ? new Random().nextLong() : Long.parseLong(SEED);
    private final Masks masks = new Masks();
    private final Skips skips = new Skips();
    private final Summary summary = new Summary();
    private final boolean intel = HostCpu.isIntel();
    private final boolean strict = intel && HostCpu.has("avx512_fp16") || Boolean.getBoolean("backplane.oracle.strict");
    private final Map<String, List<Form>> forms = Forms.all().stream()
            .filter(form -> form.line().matches(".*(?:" + ONLY + ").*"))
            .collect(Collectors.groupingBy(Form::line, LinkedHashMap::new, Collectors.toList()));
    private Laboratory laboratory;

    @BeforeAll
    void open() throws IOException {
        Assumptions.assumeTrue(Silicon.isAvailable(), "needs an x86-64 Linux host");
        laboratory = new Laboratory();
    }

    @AfterAll
    void close() throws IOException {
        if (laboratory != null) {
            laboratory.close();
        }
    }

    Stream<String> lines() {
        return forms.keySet().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lines")
    @Order(1)
    void formsDoWhatTheyDoOnTheHostsProcessor(String line) throws IOException {
        for (Form form : forms.get(line)) {
            compare(form);
        }
    }

    private void compare(Form form) throws IOException {
        var reason = skips.reason(form);
        if (reason.isPresent()) {
            summary.skipped(form, reason.get());
        } else if (!HostCpu.runs(form)) {
            summary.lacking(form);
        } else {
            var random = new Random(seed ^ form.id().hashCode());
            laboratory.run(form, CASES, random, this::judge);
            summary.covered(form, masks.concern(form));
        }
    }

    private void judge(Trial trial) {
        summary.count(trial);
        masks.apply(trial);
        String differences = trial.silicon().differences(trial.interpreter());
        if (differences.isEmpty()) {
            return;
        }
        String text = "%s: %s at %x, seed %d%s%nfrom %s"
                .formatted(
                        trial.form().id(),
                        HexFormat.of().formatHex(trial.code()),
                        trial.in().rip,
                        seed,
                        differences,
                        trial.in());
        if (strict || intel && !faulted(trial)) {
            fail(text);
        }
        summary.different(trial.form(), text);
    }

    /** Whether the instruction itself ended in an exception, on either machine. */
    private static boolean faulted(Trial trial) {
        return trial.silicon().rip == trial.in().rip || trial.interpreter().rip == trial.in().rip;
    }

    @Test
    @Order(2)
    void everyFormIsComparedOrInTheTableOfSkips() {
        System.out.println(summary.text(seed, masks));
        Assumptions.assumeTrue(ONLY.isEmpty(), "only some forms were run");
        assertEquals(List.of(), skips.unused(), "lines of skips.txt that no form meets");
        assertEquals(
                List.of(), summary.isComplete() ? masks.unused() : List.of(), "lines of masks.txt that no case meets");
        var all = new HashSet<String>();
        forms.values().forEach(line -> line.forEach(form -> all.add(form.id())));
        assertEquals(all, summary.seen(), "forms of the opcode table");
    }
}
