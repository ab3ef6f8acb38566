#![doc = include_str!("../README.md")]

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{parse_macro_input, Attribute, Data, DeriveInput, Fields, FieldsNamed, Ident, LitStr, Type};

/// How a value is read from JSON.
#[proc_macro_derive(Read, attributes(serde))]
pub fn read(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    reader(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// How a value is written as JSON.
#[proc_macro_derive(Write, attributes(serde))]
pub fn write(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    writer(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// What serde's attributes say of a type, variant or field.
#[derive(Default)]
struct Serde {
    strict: bool,
    snake_case: bool,
    optional: bool,
    name: Option<String>,
    aliases: Vec<String>,
}

impl Serde {
    fn of(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| {
                let text = || meta.value()?.parse::<LitStr>().map(|text| text.value());
                match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("deny_unknown_fields") => found.strict = true,
                    Some("default") => found.optional = true,
                    Some("alias") => found.aliases.push(text()?),
                    Some("rename") => found.name = Some(text()?),
                    Some("rename_all") if text()? == "snake_case" => found.snake_case = true,
                    Some("crate") => drop(text()?),
                    _ => return Err(meta.error("this attribute is not known to the contract's JSON")),
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// All names, the one that is written first.
    fn names(&self, name: String) -> String {
        let mut names = vec![self.name.clone().unwrap_or(name)];
        names.extend(self.aliases.iter().cloned());
        names.join("|")
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// Fields of a type or variant: their identifiers and types, and their names as one text.
struct Named {
    fields: Vec<(Ident, Type)>,
    names: String,
}

impl Named {
    fn of(fields: &FieldsNamed) -> syn::Result<Self> {
        let mut found = Self { fields: Vec::new(), names: String::new() };
        for field in &fields.named {
            let Some(ident) = field.ident.clone() else { continue };
            let serde = Serde::of(&field.attrs)?;
            if !found.names.is_empty() {
                found.names.push(',');
            }
            found.names.push_str(&serde.names(ident.to_string()));
            // To serde, what may be none may be missing.
            if serde.optional || is_option(&field.ty) {
                found.names.push('?');
            }
            found.fields.push((ident, field.ty.clone()));
        }
        Ok(found)
    }

    fn idents(&self) -> Vec<&Ident> {
        self.fields.iter().map(|(ident, _)| ident).collect()
    }

    fn empty(&self) -> TokenStream {
        let fields = self.fields.iter().map(|(ident, kind)| {
            quote! { #ident: <#kind as ::nym_contract_runtime::json::Read>::empty() }
        });
        quote! { { #(#fields),* } }
    }
}

fn is_option(kind: &Type) -> bool {
    matches!(kind, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn unsupported<T>(ident: &Ident) -> syn::Result<T> {
    Err(syn::Error::new(
        ident.span(),
        "the contract's JSON knows structs and variants with named fields, and variants without data",
    ))
}

/// Identifier of a variant, and its fields if it has any.
type Variant = (Ident, Option<Named>);

/// Variants of an enum: their identifiers and fields, and their names as one text.
fn variants(data: &syn::DataEnum, container: &Serde) -> syn::Result<(Vec<Variant>, String)> {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for variant in &data.variants {
        let serde = Serde::of(&variant.attrs)?;
        let name = variant.ident.to_string();
        names.push(serde.names(if container.snake_case { snake_case(&name) } else { name }));
        let fields = match &variant.fields {
            Fields::Unit => None,
            Fields::Named(fields) => Some(Named::of(fields)?),
            Fields::Unnamed(_) => return unsupported(&variant.ident),
        };
        found.push((variant.ident.clone(), fields));
    }
    Ok((found, names.join(",")))
}

fn reader(input: &DeriveInput) -> syn::Result<TokenStream> {
    let container = Serde::of(&input.attrs)?;
    let strict = container.strict;
    let ident = &input.ident;
    let (empty, read) = match &input.data {
        Data::Struct(data) => {
            let Fields::Named(fields) = &data.fields else { return unsupported(ident) };
            let named = Named::of(fields)?;
            let (empty, names, fields) = (named.empty(), &named.names, named.idents());
            let read = quote! {
                ::nym_contract_runtime::json::read_object(parser, #names, #strict, &mut [#(&mut self.#fields),*])
            };
            (quote! { Self #empty }, read)
        }
        Data::Enum(data) => {
            let (variants, names) = variants(data, &container)?;
            let Some((first, fields)) = variants.first() else { return unsupported(ident) };
            let empty = fields.as_ref().map_or_else(TokenStream::new, Named::empty);
            let arms = variants.iter().enumerate().map(|(index, (variant, fields))| match fields {
                None => quote! { (#index, data) => { data.none(parser)?; *self = Self::#variant; } },
                Some(named) => {
                    let (empty, names, idents) = (named.empty(), &named.names, named.idents());
                    quote! {
                        (#index, data) => {
                            data.some()?;
                            *self = Self::#variant #empty;
                            if let Self::#variant { #(#idents),* } = self {
                                ::nym_contract_runtime::json::read_object(parser, #names, #strict, &mut [#(#idents),*])?;
                            }
                        }
                    }
                }
            });
            let read = quote! {
                let (index, data) = ::nym_contract_runtime::json::read_variant(parser, #names)?;
                match (index, data) {
                    #(#arms)*
                    _ => {}
                }
                data.end(parser)
            };
            (quote! { Self::#first #empty }, read)
        }
        Data::Union(_) => return unsupported(ident),
    };
    Ok(quote! {
        impl ::nym_contract_runtime::json::Read for #ident {
            #[inline(never)]
            fn empty() -> Self {
                #empty
            }

            fn read(
                &mut self,
                parser: &mut ::nym_contract_runtime::json::Parser<'_>,
            ) -> ::core::result::Result<(), ::nym_contract_runtime::json::Error> {
                #read
            }
        }
    })
}

fn writer(input: &DeriveInput) -> syn::Result<TokenStream> {
    let container = Serde::of(&input.attrs)?;
    let ident = &input.ident;
    let write = match &input.data {
        Data::Struct(data) => {
            let Fields::Named(fields) = &data.fields else { return unsupported(ident) };
            let named = Named::of(fields)?;
            let (names, fields) = (&named.names, named.idents());
            quote! { ::nym_contract_runtime::json::write_object(text, #names, &[#(&self.#fields),*]); }
        }
        Data::Enum(data) => {
            let (variants, names) = variants(data, &container)?;
            let arms = variants.iter().enumerate().map(|(index, (variant, fields))| match fields {
                None => quote! { Self::#variant => ::nym_contract_runtime::json::write_variant(text, #names, #index, None) },
                Some(named) => {
                    let (inner, idents) = (&named.names, named.idents());
                    let bound = idents.iter().map(|ident| format_ident!("of_{}", ident)).collect::<Vec<_>>();
                    quote! {
                        Self::#variant { #(#idents: #bound),* } => {
                            ::nym_contract_runtime::json::write_variant(text, #names, #index, Some((#inner, &[#(#bound),*])))
                        }
                    }
                }
            });
            quote! { match self { #(#arms),* } }
        }
        Data::Union(_) => return unsupported(ident),
    };
    Ok(quote! {
        impl ::nym_contract_runtime::json::Write for #ident {
            fn write(&self, text: &mut ::std::vec::Vec<u8>) {
                #write
            }
        }
    })
}
