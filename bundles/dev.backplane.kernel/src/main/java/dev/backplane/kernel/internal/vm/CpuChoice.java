package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.bay.CallThreads;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFileReader;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Asks CPU backends once what they found out about the host, and chooses one for {@code cpu: auto}. Remembers for all machines of the
 * process how trials of unproven ones went.
 */
final class CpuChoice {
    private static final Duration PROBE = Duration.ofSeconds(10);

    private final CallThreads threads = new CallThreads();
    private final Catalogue catalogue;
    private final Map<Long, Finding> findings = new ConcurrentHashMap<>();
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /**
     * What was chosen.
     *
     * @param offer the backend
     * @param trial whether it was chosen by {@code auto} and is unproven
     * @param why for people, one line; empty where there was nothing to choose
     */
    record Choice(Offer offer, boolean trial, String why) {}

    /**
     * What a backend says of itself.
     *
     * @param probe what it found out about the host
     * @param counts whether it can run on virtual time
     */
    private record Finding(CpuProbe probe, boolean counts) {}

    CpuChoice(Catalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** What a backend found out. */
    CpuProbe probe(Offer offer) {
        return finding(offer).probe();
    }

    private Finding finding(Offer offer) {
        Finding known = findings.get(offer.generation());
        if (known == null) {
            ask(List.of(offer));
            known = findings.get(offer.generation());
        }
        return known == null ? unusable("it has gone") : known;
    }

    /** A plugin has gone; the next generation is asked anew. */
    void forget(Offer offer) {
        findings.remove(offer.generation());
    }

    /** Asks those that were not asked yet, all at the same time. */
    private void ask(List<Offer> offers) {
        Deadline deadline = Deadline.in(PROBE);
        Map<Offer, PartCall<Finding>> calls = new LinkedHashMap<>();
        for (Offer offer : offers) {
            if (!findings.containsKey(offer.generation())) {
                calls.put(offer, PartCall.start(threads, "cpu " + offer.type(), "probe", () -> {
                    CpuBackend<?> backend = offer.factory(CpuBackend.class);
                    return new Finding(backend.probe(), backend.countsInstructions());
                }));
            }
        }
        calls.forEach((offer, call) -> findings.putIfAbsent(offer.generation(), found(call, deadline)));
    }

    private static Finding found(PartCall<Finding> call, Deadline deadline) {
        if (!call.await(deadline)) {
            return unusable("its probe has not returned within " + PROBE.toSeconds() + " s");
        }
        return call.value()
                .orElseGet(() -> unusable("its probe failed: " + call.failure().orElse("it found nothing")));
    }

    private static Finding unusable(String reason) {
        return new Finding(new CpuProbe(0, false, reason), false);
    }

    /** Why a backend cannot run a machine on this host, if so. */
    Optional<String> unfit(Offer offer, boolean counting) {
        if (!probe(offer).usable()) {
            return Optional.of("\"%s\" cannot run on this host: %s"
                    .formatted(offer.type(), probe(offer).reason()));
        }
        return counting && !finding(offer).counts()
                ? Optional.of("\"%s\" cannot run on virtual time".formatted(offer.type()))
                : Optional.empty();
    }

    /** A trial went well: a guest was heard of. */
    void proven(Offer offer) {
        CpuProbe probe = probe(offer);
        judge(offer, new CpuProbe(probe.preference(), probe.usable(), probe.reason()));
    }

    /** A trial went wrong: {@code auto} does not take it again. */
    void failed(Offer offer, String how) {
        CpuProbe probe = probe(offer);
        judge(offer, new CpuProbe(0, probe.usable(), probe.reason() + "; unproven: " + how));
    }

    private void judge(Offer offer, CpuProbe verdict) {
        findings.computeIfPresent(offer.generation(), (generation, finding) -> new Finding(verdict, finding.counts()));
    }

    /** Why a backend was chosen, where nobody in this process was told yet. */
    Optional<String> news(Choice choice) {
        return !choice.why().isEmpty() && told.add(choice.why()) ? Optional.of(choice.why()) : Optional.empty();
    }

    /**
     * The offer for a machine.
     *
     * @param vm the machine's name
     * @param spec what the VM file asks for
     * @param counting whether it has to run on virtual time
     * @throws ConfigurationException when there is an offer, but it does not work on this host, or not on virtual time
     */
    Optional<Choice> choose(String vm, PartSpec spec, boolean counting) throws ConfigurationException {
        if (!spec.type().equals(VmFileReader.AUTO)) {
            Optional<Offer> named = catalogue.choose(vm, Kind.CPU, spec.type(), spec.version());
            if (named.isPresent() && !probe(named.get()).usable()) {
                throw new ConfigurationException("%scpu.type: \"%s\" cannot run on this host: %s"
                        .formatted(
                                spec.typeAt().prefix(),
                                spec.type(),
                                probe(named.get()).reason()));
            }
            if (counting && named.isPresent() && !finding(named.get()).counts()) {
                throw new ConfigurationException(
                        "%scpu.type: \"%s\" cannot run on virtual time (clock: virtual): use %s"
                                .formatted(spec.typeAt().prefix(), spec.type(), counting(spec)));
            }
            return named.map(offer -> new Choice(offer, false, ""));
        }
        List<Offer> offers = catalogue.types(Kind.CPU).stream()
                .map(type -> catalogue.choose(vm, Kind.CPU, type, spec.version()))
                .flatMap(Optional::stream)
                .toList();
        ask(offers);
        List<Offer> fit = offers.stream()
                .filter(offer -> probe(offer).usable() && probe(offer).preference() > 0)
                .filter(offer -> !counting || finding(offer).counts())
                .toList();
        Optional<Offer> best = fit.stream()
                .max(Comparator.comparingInt((Offer offer) -> probe(offer).preference())
                        .thenComparing(Offer::type));
        if (best.isEmpty() && !offers.isEmpty()) {
            String reasons = offers.stream()
                    .map(offer -> offer.type() + " (" + probe(offer).reason() + ")")
                    .collect(Collectors.joining(", "));
            throw new ConfigurationException(
                    "%scpu: auto: no installed CPU backend is to be chosen on this host: %s; name one as cpu.type"
                            .formatted(spec.typeAt().prefix(), reasons));
        }
        return best.map(chosen -> new Choice(
                // A trial ends by the host's time, of which virtual time knows nothing.
                chosen, probe(chosen).unproven() && !counting, why(chosen, fit, offers)));
    }

    /** Why it is this one, and why none of those that are not fit. */
    private String why(Offer chosen, List<Offer> fit, List<Offer> offers) {
        String others = offers.stream()
                .filter(offer -> !fit.contains(offer))
                .map(offer -> ", not " + told(offer))
                .collect(Collectors.joining());
        return offers.size() == 1 && !probe(chosen).unproven() ? "" : "cpu: auto: " + told(chosen) + others;
    }

    private String told(Offer offer) {
        return "%s (%s%s)"
                .formatted(
                        offer.type(),
                        probe(offer).unproven() ? "unproven: " : "",
                        probe(offer).reason());
    }

    /** The types that can run on virtual time. */
    private String counting(PartSpec spec) {
        String types = catalogue.types(Kind.CPU).stream()
                .filter(type -> catalogue
                        .choose(Kind.CPU, type, spec.version())
                        .filter(offer -> probe(offer).usable() && finding(offer).counts())
                        .isPresent())
                .collect(Collectors.joining(" or "));
        return types.isEmpty() ? "clock: host, as no installed CPU backend can" : types;
    }
}
