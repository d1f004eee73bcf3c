package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Spelling;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.VersionRange;

/**
 * Finds formats and protocols.
 *
 * @param catalogue what can be had
 * @param settled waits until what is installed has come
 */
record Types(Catalogue catalogue, Runnable settled) {
    /** A layer may be a format's or a protocol's. */
    Offer resolve(PartSpec spec) throws ConfigurationException {
        Optional<Offer> offer = find(spec.type(), spec.version());
        if (offer.isEmpty()) {
            settled.run();
            offer = find(spec.type(), spec.version());
        }
        return offer.orElseThrow(() -> missing(Kind.STORAGE, spec.type()));
    }

    private Optional<Offer> find(String type, Optional<VersionRange> versions) {
        return catalogue.choose(Kind.STORAGE, type, versions).or(() -> catalogue.choose(Kind.PROTOCOL, type, versions));
    }

    Offer format(String type) throws ConfigurationException {
        Optional<Offer> offer = catalogue.choose(Kind.STORAGE, type, Optional.empty());
        if (offer.isEmpty()) {
            settled.run();
            offer = catalogue.choose(Kind.STORAGE, type, Optional.empty());
        }
        return offer.orElseThrow(() -> missing(Kind.STORAGE, type));
    }

    /** All formats, each in the version that would be chosen. */
    List<Offer> formats() {
        settled.run();
        return catalogue.types(Kind.STORAGE).stream()
                .map(type -> catalogue.choose(Kind.STORAGE, type, Optional.empty()))
                .flatMap(Optional::stream)
                .toList();
    }

    private ConfigurationException missing(Kind kind, String type) {
        Collection<String> offered = catalogue.types(kind);
        return new ConfigurationException("no installed plugin offers the format \"%s\"%s; offered are: %s"
                .formatted(type, Spelling.hint(type, List.copyOf(offered)), String.join(", ", offered)));
    }
}
