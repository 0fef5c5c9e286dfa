<#
.SYNOPSIS
Prints one line for each way in which a script breaks the rules of this project; nothing when all is well.
.PARAMETER Folder
The folder of the scripts.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Folder)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

# What PowerShell 7 understands and Windows PowerShell 5.1 does not.
$newTokens = 'QuestionMark', 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr'
$forbidden = 'Write-Host', 'Invoke-Expression', 'Add-Type', 'Get-WSManCredSSP', 'Read-Host', 'Out-Host'
$byLiteralPath = 'Get-Item', 'Set-Item', 'Remove-Item', 'Test-Path', 'Get-ItemProperty', 'New-ItemProperty', 'Set-ItemProperty', 'Remove-ItemProperty', 'Move-Item', 'Copy-Item', 'Get-ChildItem', 'Get-Content', 'Set-Content'
$verbs = 'Add', 'Close', 'ConvertFrom', 'ConvertTo', 'Enter', 'Get', 'Invoke', 'New', 'Read', 'Receive', 'Remove', 'Send', 'Set', 'Start', 'Stop', 'Test', 'Write'

foreach ($file in Get-ChildItem -LiteralPath $Folder -Filter *.ps1) {
    $tokens = $null
    $faults = $null
    $ast = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref] $tokens, [ref] $faults)
    foreach ($fault in $faults) { "$($file.Name): $fault" }
    foreach ($token in $tokens) {
        if ($newTokens -contains "$($token.Kind)") { "$($file.Name):$($token.Extent.StartLineNumber): $($token.Text) is not 5.1" }
    }
    if ([IO.File]::ReadAllText($file.FullName) -cmatch '[^\x00-\x7f]') { "$($file.Name): is not ASCII, which 5.1 reads in the code page of the machine" }

    $functions = @($ast.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true))
    if (@($functions.Name) -cnotcontains $file.BaseName) { "$($file.Name): has no function $($file.BaseName)" }
    foreach ($function in $functions) {
        $name = $function.Name
        if ($verbs -cnotcontains ($name -split '-')[0]) { "$($file.Name): ${name}: no approved verb" }
        $help = $function.GetHelpContent()
        if ($null -eq $help -or -not $help.Synopsis) { "$($file.Name): ${name}: has no synopsis"; continue }
        $parameters = @()
        if ($null -ne $function.Body.ParamBlock) { $parameters = @($function.Body.ParamBlock.Parameters) }
        foreach ($parameter in $parameters) {
            $called = $parameter.Name.VariablePath.UserPath
            if (-not $help.Parameters.ContainsKey($called.ToUpperInvariant())) { "$($file.Name): ${name}: -$called is not documented" }
            if ($parameter.StaticType -eq [object] -and -not ($parameter.Attributes | Where-Object { "$_" -eq '[object]' -or "$_" -eq '[psobject]' })) { "$($file.Name): ${name}: -$called has no type" }
        }
    }

    foreach ($command in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
        $called = $command.GetCommandName()
        if (-not $called) { continue }
        $where = "$($file.Name):$($command.Extent.StartLineNumber)"
        if ($forbidden -contains $called) { "${where}: $called" }
        if ($called -notmatch '^\w+-\w+$') { "${where}: $called is an alias" }
        $named = @($command.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] } | ForEach-Object { $_.ParameterName })
        if ($byLiteralPath -contains $called -and $named -notcontains 'LiteralPath') { "${where}: $called without -LiteralPath" }
    }
}
