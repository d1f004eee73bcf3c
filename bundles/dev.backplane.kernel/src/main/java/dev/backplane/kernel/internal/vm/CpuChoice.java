package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFileReader;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Asks CPU backends once what they found out about the host, and chooses one for {@code cpu: auto}. */
final class CpuChoice {
    private static final Duration PROBE = Duration.ofSeconds(10);

    private final Catalogue catalogue;
    private final Map<Long, CpuProbe> probes = new ConcurrentHashMap<>();

    CpuChoice(Catalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** What a backend found out. */
    CpuProbe probe(Offer offer) {
        CpuProbe known = probes.get(offer.generation());
        if (known != null) {
            return known;
        }
        CpuProbe found = ask(offer);
        probes.put(offer.generation(), found);
        return found;
    }

    /** A plugin has gone; the next generation is asked anew. */
    void forget(Offer offer) {
        probes.remove(offer.generation());
    }

    private static CpuProbe ask(Offer offer) {
        PartCall<CpuProbe> call = PartCall.start(
                "cpu " + offer.type(),
                "probe",
                () -> offer.factory(CpuBackend.class).probe());
        if (!call.await(Deadline.in(PROBE))) {
            return new CpuProbe(0, false, "its probe has not returned within " + PROBE.toSeconds() + " s");
        }
        return call.value()
                .orElseGet(() -> new CpuProbe(
                        0, false, "its probe failed: " + call.failure().orElse("it found nothing")));
    }

    /**
     * The offer for a machine.
     *
     * @throws ConfigurationException when there is an offer, but it does not work on this host
     */
    Optional<Offer> choose(PartSpec spec) throws ConfigurationException {
        if (!spec.type().equals(VmFileReader.AUTO)) {
            Optional<Offer> named = catalogue.choose(Kind.CPU, spec.type(), spec.version());
            if (named.isPresent() && !probe(named.get()).usable()) {
                throw new ConfigurationException("%scpu.type: \"%s\" cannot run on this host: %s"
                        .formatted(
                                spec.typeAt().prefix(),
                                spec.type(),
                                probe(named.get()).reason()));
            }
            return named;
        }
        List<Offer> offers = catalogue.types(Kind.CPU).stream()
                .map(type -> catalogue.choose(Kind.CPU, type, spec.version()))
                .flatMap(Optional::stream)
                .toList();
        Optional<Offer> best = offers.stream()
                .filter(offer -> probe(offer).usable() && probe(offer).preference() > 0)
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
        return best;
    }
}
