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
    private static final System.Logger LOG = System.getLogger(CpuChoice.class.getName());
    private static final Duration PROBE = Duration.ofSeconds(10);

    private final Catalogue catalogue;
    private final Map<Long, Finding> findings = new ConcurrentHashMap<>();

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
        if (known != null) {
            return known;
        }
        Finding found = ask(offer);
        findings.put(offer.generation(), found);
        return found;
    }

    /** A plugin has gone; the next generation is asked anew. */
    void forget(Offer offer) {
        findings.remove(offer.generation());
    }

    private static Finding ask(Offer offer) {
        PartCall<Finding> call = PartCall.start("cpu " + offer.type(), "probe", () -> {
            CpuBackend<?> backend = offer.factory(CpuBackend.class);
            return new Finding(backend.probe(), backend.countsInstructions());
        });
        if (!call.await(Deadline.in(PROBE))) {
            return unusable("its probe has not returned within " + PROBE.toSeconds() + " s");
        }
        return call.value()
                .orElseGet(() -> unusable("its probe failed: " + call.failure().orElse("it found nothing")));
    }

    private static Finding unusable(String reason) {
        return new Finding(new CpuProbe(0, false, reason), false);
    }

    /**
     * The offer for a machine.
     *
     * @param spec what the VM file asks for
     * @param counting whether it has to run on virtual time
     * @throws ConfigurationException when there is an offer, but it does not work on this host, or not on virtual time
     */
    Optional<Offer> choose(PartSpec spec, boolean counting) throws ConfigurationException {
        if (!spec.type().equals(VmFileReader.AUTO)) {
            Optional<Offer> named = catalogue.choose(Kind.CPU, spec.type(), spec.version());
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
            return named;
        }
        List<Offer> offers = catalogue.types(Kind.CPU).stream()
                .map(type -> catalogue.choose(Kind.CPU, type, spec.version()))
                .flatMap(Optional::stream)
                .toList();
        Optional<Offer> best = offers.stream()
                .filter(offer -> probe(offer).usable() && probe(offer).preference() > 0)
                .filter(offer -> !counting || finding(offer).counts())
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
        best.ifPresent(chosen -> tell(chosen, offers));
        return best;
    }

    /** Why it is this one and none of the others, where there are others. */
    private void tell(Offer chosen, List<Offer> offers) {
        String others = offers.stream()
                .filter(offer -> offer != chosen)
                .map(offer -> offer.type() + " (" + probe(offer).reason() + ")")
                .collect(Collectors.joining(", "));
        if (!others.isEmpty()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "cpu: auto: {0} ({1}), not {2}",
                    chosen.type(),
                    probe(chosen).reason(),
                    others);
        }
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
