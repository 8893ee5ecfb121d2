package kirkuk.testanalysis;

import java.io.IOException;
import java.io.Reader;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.ar.ArabicNormalizationFilter;
import org.apache.lucene.analysis.ar.ArabicStemFilter;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.ckb.SoraniAnalyzer;
import org.apache.lucene.analysis.ckb.SoraniNormalizationFilter;
import org.apache.lucene.analysis.ckb.SoraniStemFilter;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.UpperCaseFilter;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.fa.PersianAnalyzer;
import org.apache.lucene.analysis.fa.PersianNormalizationFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.miscellaneous.TruncateTokenFilter;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tr.ApostropheFilter;
import org.apache.lucene.analysis.tr.TurkishAnalyzer;
import org.apache.lucene.analysis.tr.TurkishLowerCaseFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractCharFilterFactory;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.AbstractTokenizerFactory;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.tartarus.snowball.ext.EnglishStemmer;
import org.tartarus.snowball.ext.TurkishStemmer;

/**
 * The analysis that the full distribution has and the reduced package from Maven lacks, under the same names and with
 * the same settings, as far as the languages of this project go. The work is Lucene's, whose jar the package contains.
 */
public class TestAnalysisPlugin extends Plugin implements AnalysisPlugin {

    private static final Map<String, UnaryOperator<TokenStream>> STEMMERS = Map.of(
        "arabic", ArabicStemFilter::new,
        "english", PorterStemFilter::new,
        "porter", PorterStemFilter::new,
        "porter2", stream -> new SnowballFilter(stream, new EnglishStemmer()),
        "light_english", KStemFilter::new,
        "minimal_english", EnglishMinimalStemFilter::new,
        "possessive_english", EnglishPossessiveFilter::new,
        "sorani", SoraniStemFilter::new,
        "turkish", stream -> new SnowballFilter(stream, new TurkishStemmer())
    );

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> filters = new TreeMap<>();
        filters.put("apostrophe", filter((settings, stream) -> new ApostropheFilter(stream)));
        filters.put("arabic_normalization", normalizing((settings, stream) -> new ArabicNormalizationFilter(stream)));
        filters.put("arabic_stem", filter((settings, stream) -> new ArabicStemFilter(stream)));
        filters.put("asciifolding", (index, environment, name, settings) -> new Folding(name, settings));
        filters.put("decimal_digit", normalizing((settings, stream) -> new DecimalDigitFilter(stream)));
        filters.put("keyword_marker", needsSettings(filter(TestAnalysisPlugin::markKeywords)));
        filters.put("kstem", filter((settings, stream) -> new KStemFilter(stream)));
        filters.put("length", filter((settings, stream) ->
            new LengthFilter(stream, settings.getAsInt("min", 0), settings.getAsInt("max", Integer.MAX_VALUE))));
        filters.put("lowercase", normalizing(TestAnalysisPlugin::lowercase));
        filters.put("pattern_capture", needsSettings(filter(TestAnalysisPlugin::capture)));
        filters.put("pattern_replace", needsSettings(normalizing(TestAnalysisPlugin::replace)));
        filters.put("persian_normalization", normalizing((settings, stream) -> new PersianNormalizationFilter(stream)));
        filters.put("porter_stem", filter((settings, stream) -> new PorterStemFilter(stream)));
        filters.put("remove_duplicates", filter((settings, stream) -> new RemoveDuplicatesTokenFilter(stream)));
        filters.put("sorani_normalization", normalizing((settings, stream) -> new SoraniNormalizationFilter(stream)));
        filters.put("stemmer", (index, environment, name, settings) -> new Stemmer(name, settings));
        filters.put("trim", normalizing((settings, stream) -> new TrimFilter(stream)));
        filters.put("truncate", needsSettings(filter((settings, stream) ->
            new TruncateTokenFilter(stream, settings.getAsInt("length", 10)))));
        filters.put("unique", filter((settings, stream) -> settings.getAsBoolean("only_on_same_position", false)
            ? new RemoveDuplicatesTokenFilter(stream)
            : new Unique(stream)));
        filters.put("uppercase", normalizing((settings, stream) -> new UpperCaseFilter(stream)));
        return filters;
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of(
            "keyword", tokenizer(settings -> new KeywordTokenizer(settings.getAsInt("buffer_size", 256))),
            "letter", tokenizer(settings -> new LetterTokenizer()),
            "pattern", tokenizer(settings -> new PatternTokenizer(
                Pattern.compile(settings.get("pattern", "\\W+")), settings.getAsInt("group", -1))),
            "uax_url_email", tokenizer(settings -> {
                UAX29URLEmailTokenizer tokenizer = new UAX29URLEmailTokenizer();
                tokenizer.setMaxTokenLength(settings.getAsInt("max_token_length", 255));
                return tokenizer;
            }),
            "whitespace", tokenizer(settings -> new WhitespaceTokenizer(settings.getAsInt("max_token_length", 255)))
        );
    }

    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        return Map.of(
            "html_strip", (index, environment, name, settings) -> new AbstractCharFilterFactory(name) {
                @Override
                public Reader create(Reader text) {
                    return new HTMLStripCharFilter(text);
                }
            },
            "mapping", needsSettings((index, environment, name, settings) -> new Mapping(name, settings)),
            "pattern_replace", needsSettings((index, environment, name, settings) -> new Replacing(name, settings))
        );
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        return Map.of(
            "arabic", analyzer(ArabicAnalyzer::new),
            "english", analyzer(EnglishAnalyzer::new),
            "persian", analyzer(PersianAnalyzer::new),
            "sorani", analyzer(SoraniAnalyzer::new),
            "turkish", analyzer(TurkishAnalyzer::new)
        );
    }

    private static <T> AnalysisProvider<T> needsSettings(AnalysisProvider<T> provider) {
        return AnalysisPlugin.requiresAnalysisSettings(provider);
    }

    private static AnalysisProvider<TokenFilterFactory> filter(BiFunction<Settings, TokenStream, TokenStream> make) {
        return (index, environment, name, settings) -> new AbstractTokenFilterFactory(name, settings) {
            @Override
            public TokenStream create(TokenStream stream) {
                return make.apply(settings, stream);
            }
        };
    }

    /** A filter that works letter by letter, so it may also stand in the normalizer of a keyword field. */
    private static AnalysisProvider<TokenFilterFactory> normalizing(BiFunction<Settings, TokenStream, TokenStream> make) {
        class Factory extends AbstractTokenFilterFactory implements NormalizingTokenFilterFactory {
            private final Settings settings;

            Factory(String name, Settings settings) {
                super(name, settings);
                this.settings = settings;
            }

            @Override
            public TokenStream create(TokenStream stream) {
                return make.apply(settings, stream);
            }
        }
        return (index, environment, name, settings) -> new Factory(name, settings);
    }

    private static AnalysisProvider<TokenizerFactory> tokenizer(Function<Settings, Tokenizer> make) {
        return (index, environment, name, settings) -> new AbstractTokenizerFactory(index, settings, name) {
            @Override
            public Tokenizer create() {
                return make.apply(settings);
            }
        };
    }

    private static AnalysisProvider<AnalyzerProvider<? extends Analyzer>> analyzer(Supplier<Analyzer> make) {
        return (index, environment, name, settings) -> new AbstractIndexAnalyzerProvider<Analyzer>(name, settings) {
            private final Analyzer analyzer = make.get();

            @Override
            public Analyzer get() {
                return analyzer;
            }
        };
    }

    private static TokenStream lowercase(Settings settings, TokenStream stream) {
        String language = settings.get("language");
        if (language == null) {
            return new LowerCaseFilter(stream);
        }
        if (language.equalsIgnoreCase("turkish")) {
            return new TurkishLowerCaseFilter(stream);
        }
        throw new IllegalArgumentException("language [" + language + "] is not supported");
    }

    private static TokenStream markKeywords(Settings settings, TokenStream stream) {
        CharArraySet words = new CharArraySet(settings.getAsList("keywords"), settings.getAsBoolean("ignore_case", false));
        return new SetKeywordMarkerFilter(stream, words);
    }

    private static TokenStream capture(Settings settings, TokenStream stream) {
        Pattern[] patterns = settings.getAsList("patterns").stream().map(Pattern::compile).toArray(Pattern[]::new);
        return new PatternCaptureGroupTokenFilter(stream, settings.getAsBoolean("preserve_original", true), patterns);
    }

    private static TokenStream replace(Settings settings, TokenStream stream) {
        Pattern pattern = Pattern.compile(settings.get("pattern"));
        return new PatternReplaceFilter(stream, pattern, settings.get("replacement", ""), settings.getAsBoolean("all", true));
    }

    /** When it keeps the original beside the folded word, a normalizer still gets one word. */
    private static final class Folding extends AbstractTokenFilterFactory implements NormalizingTokenFilterFactory {
        private final boolean keepsOriginal;

        Folding(String name, Settings settings) {
            super(name, settings);
            keepsOriginal = settings.getAsBoolean("preserve_original", false);
        }

        @Override
        public TokenStream create(TokenStream stream) {
            return new ASCIIFoldingFilter(stream, keepsOriginal);
        }

        @Override
        public TokenStream normalize(TokenStream stream) {
            return new ASCIIFoldingFilter(stream, false);
        }
    }

    /** Lets each word pass once in a text. */
    private static final class Unique extends TokenFilter {
        private final CharTermAttribute word = addAttribute(CharTermAttribute.class);
        private final Set<String> seen = new HashSet<>();

        Unique(TokenStream stream) {
            super(stream);
        }

        @Override
        public boolean incrementToken() throws IOException {
            while (input.incrementToken()) {
                if (seen.add(word.toString())) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void reset() throws IOException {
            super.reset();
            seen.clear();
        }
    }

    /** Refuses a language that it doesn't know when the index is made, not at the first document. */
    private static final class Stemmer extends AbstractTokenFilterFactory {
        private final UnaryOperator<TokenStream> stem;

        Stemmer(String name, Settings settings) {
            super(name, settings);
            String language = settings.get("language", settings.get("name", "porter")).toLowerCase(Locale.ROOT);
            stem = STEMMERS.get(language);
            if (stem == null) {
                throw new IllegalArgumentException("Invalid stemmer class specified: " + language);
            }
        }

        @Override
        public TokenStream create(TokenStream stream) {
            return stem.apply(stream);
        }
    }

    /** Rules are written "from => to"; either side may have \\uXXXX and the usual escapes. */
    private static final class Mapping extends AbstractCharFilterFactory implements NormalizingCharFilterFactory {
        private final NormalizeCharMap rules;

        Mapping(String name, Settings settings) {
            super(name);
            NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
            for (String rule : settings.getAsList("mappings")) {
                int arrow = rule.indexOf("=>");
                if (arrow < 0) {
                    throw new IllegalArgumentException("Invalid Mapping Rule: [" + rule + "], should be [from => to]");
                }
                builder.add(unescaped(rule.substring(0, arrow).strip()), unescaped(rule.substring(arrow + 2).strip()));
            }
            rules = builder.build();
        }

        @Override
        public Reader create(Reader text) {
            return new MappingCharFilter(rules, text);
        }

        private static String unescaped(String text) {
            return Pattern.compile("\\\\u([0-9a-fA-F]{4})").matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                    String.valueOf((char) Integer.parseInt(found.group(1), 16))))
                .translateEscapes();
        }
    }

    private static final class Replacing extends AbstractCharFilterFactory implements NormalizingCharFilterFactory {
        private final Pattern pattern;
        private final String replacement;

        Replacing(String name, Settings settings) {
            super(name);
            pattern = Pattern.compile(settings.get("pattern"));
            replacement = settings.get("replacement", "");
        }

        @Override
        public Reader create(Reader text) {
            return new PatternReplaceCharFilter(pattern, replacement, text);
        }
    }
}
